"""A Spark cluster and its session, and how the tables of these tests are read and counted."""

import os
from datetime import date, datetime

import pytest

from xl_leadkpi.funnel import FunnelOptions
from xl_leadkpi.leads import ReadOptions

from .spark_cluster import cluster

READING = ReadOptions(today=date(2026, 7, 1))
COUNTING = FunnelOptions(built_at=datetime(2026, 7, 1))


@pytest.fixture(scope="session")
def spark_cluster(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("spark")) as made:
        yield made


@pytest.fixture(scope="session")
def spark(spark_cluster):
    """A session on the cluster; the engine takes the session there is."""
    from xl_leadkpi.engines.spark import session

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_SUBMIT_ARGS"] = "--driver-memory 2g pyspark-shell"  # of all reports, not of one
    session = session(spark_cluster.url)
    # compiling a program a query costs far more than these few rows
    session.conf.set("spark.sql.codegen.wholeStage", "false")
    session.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    # nor is there anything to learn on the way about so few
    session.conf.set("spark.sql.adaptive.enabled", "false")
    yield session
    session.stop()
