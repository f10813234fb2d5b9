"""The same table on every engine, and where Java is missing a reason to skip."""

import os
import shutil
from datetime import date, datetime
from importlib.util import find_spec

import pytest

from xl_leadkpi.funnel import FunnelOptions
from xl_leadkpi.leads import ReadOptions

from .spark_cluster import cluster

READING = ReadOptions(today=date(2026, 7, 1))
COUNTING = FunnelOptions(built_at=datetime(2026, 7, 1))


def need_spark():
    reason = ""
    if find_spec("pyspark") is None:
        reason = "Spark is not installed: pip install -e '.[spark]'"
    elif shutil.which("java") is None:
        reason = "Spark needs Java: apt-get install -y --no-install-recommends openjdk-17-jre-headless"
    if reason and os.environ.get("CI"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def spark_cluster(tmp_path_factory):
    need_spark()
    with cluster(tmp_path_factory.mktemp("spark")) as made:
        yield made


@pytest.fixture(scope="session")
def spark(spark_cluster):
    """A session on the cluster; the engine takes the session there is."""
    from xl_leadkpi.leads import engine

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    session = engine._spark(spark_cluster.url)
    # compiling a program a query costs far more than these few rows
    session.conf.set("spark.sql.codegen.wholeStage", "false")
    session.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    # nor is there anything to learn on the way about so few
    session.conf.set("spark.sql.adaptive.enabled", "false")
    yield session
    session.stop()
