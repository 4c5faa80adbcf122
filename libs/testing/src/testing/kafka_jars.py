"""Kafka's own jars, for machines without a Docker engine: fetched by Maven once, kept in the user's cache."""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from runtime.errors import Misconfigured

VERSION: Final = "4.1.0"
_OLDEST_JAVA: Final = 17
_POM: Final = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>baton</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
"""


def jars_missing() -> str | None:
    """Why no broker can be run from the jars, in a sentence with what to do about it; None when one can."""
    java = shutil.which("java")
    version = java and re.search(r'version "(\d+)', _output("java", "-version"))
    if not version or int(version[1]) < _OLDEST_JAVA:
        return (
            f"Kafka needs BATON_KAFKA=host:port, a Docker engine, or Java {_OLDEST_JAVA} and Maven "
            "(apt-get install default-jre-headless maven)"
        )
    if not _jars().exists() and not shutil.which("mvn"):
        return "Kafka's jars are not here and Maven is missing (apt-get install maven), or set BATON_KAFKA=host:port"
    return None


def fetch_jars() -> Path:
    """The folder of the jars; the first call of a machine fetches them. Raises Misconfigured when Maven cannot."""
    libs = _jars()
    libs.parent.mkdir(parents=True, exist_ok=True)
    with (libs.parent / "fetch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if libs.exists():
            return libs
        (libs.parent / "pom.xml").write_text(_POM)
        partial = libs.with_name("libs.partial")
        shutil.rmtree(partial, ignore_errors=True)
        command = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
        fetched = subprocess.run(command, cwd=libs.parent, capture_output=True, text=True, check=False)
        if fetched.returncode:
            raise Misconfigured(f"Maven could not fetch Kafka {VERSION}:\n{fetched.stdout[-2000:]}")
        partial.rename(libs)
    return libs


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def _jars() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "baton" / f"kafka-{VERSION}" / "libs"
