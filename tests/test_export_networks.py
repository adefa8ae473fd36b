"""Networks as files: the same edges in every format, readable by other programs."""

import csv
import itertools
import json
import xml.etree.ElementTree as ET

import igraph
import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import ConfigError, SchemaError, StoreError
from graph.model import InteractionGraph
from graph.schemas import ACCOUNTS, EDGES
from review.export.edges import write_edges
from review.export.manifest import read_manifest, verify_export
from review.export.xml import text_as_it_was, without_forbidden, xml_text

pytestmark = pytest.mark.local_only

FORMATS = ("csv", "jsonl", "parquet", "graphml", "gexf")

HOSTILE = [
    "a&b",
    "<script>alert(1)</script>",
    "]]>",
    'q"q',
    "it's",
    "tab\tin",
    "two\nlines",
    "cr\rin",
    "nul\x00in",
    "esc\x1b[31m",
    "\x7fdel",
    "\ufffe\uffff",
    "\\u0000",
    "\\\\u0000",
    "\\u00",
    "\\",
    "C:\\users\\u1F60",
    " lead and trail ",
    "&amp;",
    "&#10;",
    "<!--",
    "<![CDATA[",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "\u202ertl",
    "😀\U0010ffff",
    "日本",
    "=1+1",
]


@pytest.fixture
def graph(engine, table):
    edges = table(
        engine,
        EDGES,
        """
        src | dst | layer | weight | objects | first_at | expected
        b   | c   | texts | 2.5    | 2       | 7        | 0.5
        a   | c   | links | 1      | 1       | -        | -
        a   | b   | texts | 0.1    | 1       | 3        | -
        a   | b   | links | 3      | 3       | 3        | -
        """,
    )
    return InteractionGraph(edges)


def test_the_csv_begins_with_src_dst_weight_and_is_in_order(graph, tmp_path):
    write_edges(graph, tmp_path / "edges.csv")

    assert (tmp_path / "edges.csv").read_bytes() == (
        b"src,dst,weight,layer,src_count,dst_count,objects,object_days,post_pairs,first_at,"
        b"last_at,expected,log10_p\r\n"
        b"a,b,3,links,0,0,3,0,0,3,,,\r\n"
        b"a,b,0.1,texts,0,0,1,0,0,3,,,\r\n"
        b"a,c,1,links,0,0,1,0,0,,,,\r\n"
        b"b,c,2.5,texts,0,0,2,0,0,7,,0.5,\r\n"
    )


def test_graphml_is_what_it_was(engine, table, tmp_path):
    write_edges(one_edge(engine, table), tmp_path / "one.graphml")

    body = (tmp_path / "one.graphml").read_text().split("<graph ", 1)[1]
    assert body == (
        'edgedefault="undirected">\n'
        '<node id="a"></node>\n'
        '<node id="b"></node>\n'
        '<edge source="a" target="b"><data key="e_weight">2</data>'
        '<data key="e_layer">links</data><data key="e_src_count">0</data>'
        '<data key="e_dst_count">0</data><data key="e_objects">2</data>'
        '<data key="e_object_days">0</data><data key="e_post_pairs">0</data></edge>\n'
        "</graph>\n</graphml>\n"
    )


def test_gexf_is_what_it_was(engine, table, tmp_path):
    write_edges(one_edge(engine, table), tmp_path / "one.gexf")

    body = (tmp_path / "one.gexf").read_text().split("<nodes>\n", 1)[1]
    assert body == (
        '<node id="a" label="a"></node>\n<node id="b" label="b"></node>\n</nodes>\n<edges>\n'
        '<edge id="0" source="a" target="b" weight="2"><attvalues>'
        '<attvalue for="e_layer" value="links"/><attvalue for="e_src_count" value="0"/>'
        '<attvalue for="e_dst_count" value="0"/><attvalue for="e_objects" value="2"/>'
        '<attvalue for="e_object_days" value="0"/><attvalue for="e_post_pairs" value="0"/>'
        "</attvalues></edge>\n</edges>\n</graph>\n</gexf>\n"
    )


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_holds_the_same_edges(graph, tmp_path, format):
    path = tmp_path / f"edges.{format}"

    write_edges(graph, path)

    assert edges_in(path) == [
        ("a", "b", "links", 3.0),
        ("a", "b", "texts", 0.1),
        ("a", "c", "links", 1.0),
        ("b", "c", "texts", 2.5),
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_graph_gives_the_same_bytes(graph, engine, tmp_path, format):
    shuffled = graph.edges.arrow().take([3, 1, 0, 2])
    again = InteractionGraph(engine.from_arrow(shuffled, EDGES))

    write_edges(graph, tmp_path / f"one.{format}")
    write_edges(again, tmp_path / f"two.{format}")

    assert (tmp_path / f"one.{format}").read_bytes() == (tmp_path / f"two.{format}").read_bytes()


@pytest.mark.parametrize("format", ("graphml", "gexf"))
def test_types_and_absent_values_survive_networkx(graph, tmp_path, format):
    path = tmp_path / f"edges.{format}"
    write_edges(graph, path)

    read = read_networkx(path)

    [texts] = [data for _, _, data in read.edges(data=True) if data["weight"] == 2.5]
    assert (texts["objects"], texts["first_at"], texts["expected"]) == (2, 7, 0.5)
    assert "last_at" not in texts
    assert not read.is_directed()


def test_igraph_reads_the_same_graphml(graph, tmp_path):
    path = tmp_path / "edges.graphml"
    write_edges(graph, path)

    read = igraph.Graph.Read_GraphML(str(path))

    assert sorted(read.vs["id"]) == ["a", "b", "c"]
    assert sorted(read.es["weight"]) == [0.1, 1.0, 2.5, 3.0]


@pytest.mark.parametrize("format", ("graphml", "gexf"))
def test_hostile_names_come_back_byte_for_byte(engine, tmp_path, format):
    names = sorted(HOSTILE)
    graph = InteractionGraph(path_of(engine, names))
    path = tmp_path / f"edges.{format}"

    manifest = write_edges(graph, path)

    ET.parse(path)
    read = read_networkx(path)
    assert sorted(text_as_it_was(node) for node in read.nodes) == names
    assert {frozenset(map(text_as_it_was, pair)) for pair in read.edges()} == {
        frozenset(pair) for pair in itertools.pairwise(names)
    }
    assert manifest.changed["cells escaped for XML"] > 0


@pytest.mark.parametrize("format", ("csv", "jsonl", "parquet"))
def test_hostile_names_come_back_from_tables_too(engine, tmp_path, format):
    names = sorted(HOSTILE)
    path = tmp_path / f"edges.{format}"

    write_edges(InteractionGraph(path_of(engine, names)), path)

    found = [(src.removeprefix("'") if src.startswith("'=") else src) for src, *_ in edges_in(path)]
    assert found == names[:-1]


@given(st.text(st.one_of(st.sampled_from("\\u0041\x00\x1b\ufffe"), st.characters(codec="utf-8"))))
def test_any_text_survives_xml(text):
    written, _ = xml_text(pa.array([text]))
    element = ET.fromstring(f'<a b="{written[0]}">{written[0]}</a>')

    assert text_as_it_was(element.get("b")) == text
    assert text_as_it_was(element.text or "") == text
    assert text_as_it_was(without_forbidden(text)) == text


@pytest.mark.parametrize("format", ("graphml", "gexf"))
def test_a_directed_network_says_so_and_keeps_its_direction(engine, table, tmp_path, format):
    edges = table(engine, EDGES, "src | dst | layer | weight\nz | a | mentions | 2")

    write_edges(InteractionGraph(edges, directed=True), tmp_path / f"e.{format}")

    read = read_networkx(tmp_path / f"e.{format}")
    assert list(read.edges()) == [("z", "a")] and read.is_directed()


def test_accounts_without_an_edge_are_nodes(engine, table, tmp_path):
    accounts = table(engine, ACCOUNTS, "account\na\nb\nlonely")
    graph = InteractionGraph(one_edge(engine, table).edges, accounts=accounts)

    manifest = write_edges(graph, tmp_path / "e.graphml")

    assert sorted(nx.read_graphml(tmp_path / "e.graphml")) == ["a", "b", "lonely"]
    assert (manifest.rows, manifest.accounts) == (1, 3)


@pytest.mark.parametrize("format", FORMATS)
def test_a_network_without_edges_is_a_whole_file(engine, table, tmp_path, format):
    path = tmp_path / f"e.{format}"

    write_edges(InteractionGraph(table(engine, EDGES, "src")), path)

    assert edges_in(path) == []
    assert verify_export(path).rows == 0


def test_a_pair_the_wrong_way_round_is_refused(engine, table, tmp_path):
    edges = table(engine, EDGES, "src | dst | layer | weight\nb | a | x | 1")

    with pytest.raises(SchemaError, match="1 edges have it second"):
        write_edges(InteractionGraph(edges), tmp_path / "e.csv")
    assert list(tmp_path.glob("e.csv*")) == []


def test_an_unknown_suffix_is_refused_with_those_there_are(graph, tmp_path):
    with pytest.raises(ConfigError, match=r"`xlsx`, which is none of `csv`, `jsonl`"):
        write_edges(graph, tmp_path / "edges.xlsx")


def test_the_manifest_beside_it_has_the_file_s_checksum(graph, tmp_path):
    path = tmp_path / "edges.csv"

    manifest = write_edges(graph, path)

    assert read_manifest(tmp_path / "edges.csv.manifest.json") == manifest
    assert verify_export(path) == manifest
    assert (manifest.rows, manifest.accounts, manifest.format) == (4, 3, "csv")


def test_a_changed_file_is_found_out(graph, tmp_path):
    path = tmp_path / "edges.csv"
    write_edges(graph, path)
    path.write_bytes(path.read_bytes().replace(b"a,b,3", b"a,b,4"))

    with pytest.raises(StoreError, match="is not the file that its manifest describes"):
        verify_export(path)


def one_edge(engine, table):
    text = "src | dst | layer | weight | objects\na | b | links | 2 | 2"
    return InteractionGraph(table(engine, EDGES, text))


def path_of(engine, names):
    rows = [
        {
            **{column.name: 1 for column in EDGES.columns if column.type == "BIGINT"},
            "src": src,
            "dst": dst,
            "layer": "links",
            "weight": 1.0,
        }
        for src, dst in itertools.pairwise(names)
    ]
    return engine.from_arrow(pa.Table.from_pylist(rows, schema=EDGES.arrow), EDGES)


def read_networkx(path):
    return nx.read_graphml(path) if path.suffix == ".graphml" else nx.read_gexf(path)


def edges_in(path):
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    elif path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
    elif path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    else:
        rows = [
            {"src": min(s, d), "dst": max(s, d), **data}
            for s, d, data in read_networkx(path).edges(data=True)
        ]
        rows.sort(key=lambda row: (row["src"], row["dst"], row["layer"]))
    return [(row["src"], row["dst"], row["layer"], float(row["weight"])) for row in rows]
