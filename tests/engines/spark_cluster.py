"""A standalone Spark cluster on this machine: a master and two workers, each a process of its own."""

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 180
"""Seconds that a process may take to come up, on a busy machine too."""


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    def __init__(self, folder):
        import pyspark

        self.folder = folder
        self.program = Path(pyspark.__file__).parent / "bin" / "spark-class"
        self.port = _free_port()
        self.url = f"spark://127.0.0.1:{self.port}"
        self.processes = []

    def _start(self, name, *arguments):
        log = (self.folder / f"{name}.log").open("wb")
        environment = os.environ | {
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_WORKER_DIR": str(self.folder / name),
            "SPARK_LOCAL_DIRS": str(self.folder / f"{name}-scratch"),
            "SPARK_DAEMON_MEMORY": "256m",
        }
        process = subprocess.Popen(
            [str(self.program), *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        log.close()
        self.processes.append(process)
        return process

    def _wait_for(self, name, words):
        for _ in range(PATIENCE * 10):
            if words in (self.folder / f"{name}.log").read_text(errors="replace"):
                return
            time.sleep(0.1)
        raise TimeoutError((self.folder / f"{name}.log").read_text(errors="replace")[-2000:])

    def start(self):
        self._start(
            "master", "org.apache.spark.deploy.master.Master",
            "--host", "127.0.0.1", "--port", str(self.port), "--webui-port", "0",
        )  # fmt: skip
        self._wait_for("master", "I have been elected leader")
        for name in ("worker-1", "worker-2"):
            self._start(
                name, "org.apache.spark.deploy.worker.Worker",
                "--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g", self.url,
            )  # fmt: skip
        for name in ("worker-1", "worker-2"):
            self._wait_for(name, "Successfully registered with master")

    @staticmethod
    def kill(process):
        """End a process and its executor, as a machine that goes away does."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


@contextmanager
def cluster(folder):
    made = Cluster(folder)
    try:
        made.start()
        yield made
    finally:
        for process in reversed(made.processes):
            made.kill(process)
