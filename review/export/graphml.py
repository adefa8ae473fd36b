"""GraphML, nodes first and then edges, streamed.

Source: Brandes, Eiglsperger, Lerner, Pich, Graph Markup Language (GraphML), 2013; the attribute
extension `graphml+xml` as networkx, igraph and Gephi read it.
"""

from __future__ import annotations

from typing import BinaryIO

from graph.schema import Column
from review.export.lines import Text, joined, slices, write_text
from review.export.sheet import Network, Sheet, Written
from review.export.xml import XML_TYPES, xml_text

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns'
    ' http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)


def write_graphml(network: Network, out: BinaryIO) -> Written:
    """Write the network; an account's id is the node's id, a null attribute is left out."""
    node, *node_columns = network.nodes.schema.columns
    edge_columns = [c for c in network.edges.schema.columns if c.name not in {"src", "dst"}]
    out.write(_HEAD.encode())
    out.write(_keys("node", node_columns).encode())
    out.write(_keys("edge", edge_columns).encode())
    direction = "directed" if network.directed else "undirected"
    out.write(f'<graph edgedefault="{direction}">\n'.encode())
    nodes, node_changes = _write(out, network.nodes, "node", (("id", node.name),), node_columns)
    ends = (("source", "src"), ("target", "dst"))
    edges, edge_changes = _write(out, network.edges, "edge", ends, edge_columns)
    out.write(b"</graph>\n</graphml>\n")
    changed = node_changes + edge_changes
    return Written(
        rows=edges, nodes=nodes, changed={"cells escaped for XML": changed} if changed else {}
    )


def _keys(of: str, columns: list[Column]) -> str:
    return "".join(
        f'<key id="{_key(of, column)}" for="{of}" attr.name="{column.name}"'
        f' attr.type="{XML_TYPES[column.type]}"/>\n'
        for column in columns
    )


def _key(of: str, column: Column) -> str:
    return f"{of[0]}_{column.name}"


def _write(
    out: BinaryIO,
    sheet: Sheet,
    element: str,
    attributes: tuple[tuple[str, str], ...],
    columns: list[Column],
) -> tuple[int, int]:
    rows = changed = 0
    for batch in slices(sheet.batches):
        parts: list[Text | str] = [f"<{element}"]
        for attribute, name in attributes:
            value, changes = xml_text(batch[name])
            parts += [f' {attribute}="', value, '"']
            changed += changes
        parts.append(">")
        for column in columns:
            value, changes = xml_text(batch[column.name])
            data = joined(f'<data key="{_key(element, column)}">', value, "</data>")
            parts.append(data.fill_null(""))
            changed += changes
        write_text(out, joined(*parts, f"</{element}>\n"))
        rows += batch.num_rows
    return rows, changed
