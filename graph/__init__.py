"""The nouns: schemas, tables, graphs, clusterings, rankings, and the engines that hold them."""
