"""GEXF 1.2 for Gephi, nodes first and then edges, streamed.

Source: the GEXF 1.2 draft primer (GEXF working group, 2012). The draft is what Gephi and networkx
both read; 1.3 is not known to networkx.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import pyarrow as pa

from graph.schema import Column
from review.export.lines import Text, joined, slices, text_of, write_text
from review.export.sheet import Network, Sheet, Written
from review.export.xml import XML_TYPES, xml_text

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">\n'
    "<meta><creator>Ringwatch</creator></meta>\n"
)


def write_gexf(network: Network, out: BinaryIO) -> Written:
    """Write the network; the account's id is the node's id and label, weights are edge weights."""
    node_columns = list(network.nodes.schema.columns[1:])
    edge_columns = [
        column
        for column in network.edges.schema.columns
        if column.name not in {"src", "dst", "weight"}
    ]
    direction = "directed" if network.directed else "undirected"
    out.write(_HEAD.encode())
    out.write(f'<graph mode="static" defaultedgetype="{direction}">\n'.encode())
    out.write(_attributes("node", node_columns).encode())
    out.write(_attributes("edge", edge_columns).encode())
    out.write(b"<nodes>\n")
    nodes, node_changes = _write_nodes(out, network.nodes, node_columns)
    out.write(b"</nodes>\n<edges>\n")
    edges, edge_changes = _write_edges(out, network.edges, edge_columns)
    out.write(b"</edges>\n</graph>\n</gexf>\n")
    changed = node_changes + edge_changes
    return Written(
        rows=edges, nodes=nodes, changed={"cells escaped for XML": changed} if changed else {}
    )


def _attributes(of: str, columns: list[Column]) -> str:
    if not columns:
        return ""
    each = "".join(
        f'<attribute id="{of[0]}_{column.name}" title="{column.name}"'
        f' type="{XML_TYPES[column.type]}"/>\n'
        for column in columns
    )
    return f'<attributes class="{of}">\n{each}</attributes>\n'


def _write_nodes(out: BinaryIO, sheet: Sheet, columns: list[Column]) -> tuple[int, int]:
    rows = changed = 0
    for batch in slices(sheet.batches):
        name, renamed = xml_text(batch[sheet.schema.names[0]])
        values, changes = _values("n", batch, columns)
        head: list[Text | str] = ['<node id="', name, '" label="', name, '">']
        write_text(out, joined(*head, *values, "</node>\n"))
        rows += batch.num_rows
        changed += renamed + changes
    return rows, changed


def _write_edges(out: BinaryIO, sheet: Sheet, columns: list[Column]) -> tuple[int, int]:
    rows = changed = 0
    for batch in slices(sheet.batches):
        number = text_of(pa.array(np.arange(rows, rows + batch.num_rows)))
        head: list[Text | str] = ['<edge id="', number]
        for attribute, name in (("source", "src"), ("target", "dst"), ("weight", "weight")):
            value, changes = xml_text(batch[name])
            head += [f'" {attribute}="', value]
            changed += changes
        values, changes = _values("e", batch, columns)
        write_text(out, joined(*head, '">', *values, "</edge>\n"))
        rows += batch.num_rows
        changed += changes
    return rows, changed


def _values(
    prefix: str, batch: pa.RecordBatch, columns: list[Column]
) -> tuple[list[Text | str], int]:
    parts: list[Text | str] = []
    changed = 0
    for column in columns:
        value, changes = xml_text(batch[column.name])
        one = joined(f'<attvalue for="{prefix}_{column.name}" value="', value, '"/>')
        parts.append(one.fill_null(""))
        changed += changes
    return ["<attvalues>", *parts, "</attvalues>"] if columns else [], changed
