"""What `DESCRIBE FORMATTED` prints is a table again, as Hive prints it and as Spark does."""

from __future__ import annotations

import pytest

from builders.hive.described import described_partition, described_table
from builders.hive.table import HiveColumn

# Printed by Hive 2.3.10's own `MetaDataFormatUtils` of a table in a running metastore; a tab
# between cells, which the formatter fills up with blanks.
BY_HIVE = r"""
# col_name            	data_type           	comment             

who	string	
tags	array<string>	
facts	map<string,string>	

# Partition Information
# col_name            	data_type           	comment             

dt	string	
hr	int	

# Detailed Table Information
Database:           	d                   
Owner:              	root                
CreateTime:         	Thu Nov 26 07:30:55 UTC 2026
LastAccessTime:     	UNKNOWN             
Retention:          	0                   
Location:           	file:/warehouse/t 
Table Type:         	EXTERNAL_TABLE      
Table Parameters:
	EXTERNAL            	TRUE                
	spark.sql.sources.schema	{\"type\":\"struct\"}
	transient_lastDdlTime	1795678255          

# Storage Information
SerDe Library:      	org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe
InputFormat:        	org.apache.hadoop.mapred.TextInputFormat
OutputFormat:       	org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat
Compressed:         	No                  
Num Buckets:        	-1                  
Bucket Columns:     	[]                  
Sort Columns:       	[]                  
Storage Desc Params:
	colelction.delim    	\u0002              
	field.delim         	\u0001              
	mapkey.delim        	\u0003              
	serialization.format	\u0001              
"""  # noqa: W291
# The same form with parameters that are hard to tell from padding.
PARTITION_LIKE_HIVES = r"""
# col_name            	data_type           	comment             

who	string	

# Detailed Partition Information
Partition Value:    	[2026-01-01, 3]     
Database:           	d                   
Table:              	t                   
Location:           	file:/warehouse/t/dt=2026-01-01/hr=3
Partition Parameters:
	numFiles            	1                   

# Storage Information
SerDe Library:      	org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe
InputFormat:        	org.apache.hadoop.mapred.TextInputFormat
Storage Desc Params:
	escape.delim        	\\                  
	field.delim         	                    
	serialization.null.format	\\N                 
"""  # noqa: W291


def rows(printed):
    """Lines as a HiveServer2 hands them on: cells, those that lack null."""
    return [line.split("\t") for line in printed.splitlines()]


def test_hives_table_is_read_with_its_escapes_undone():
    found = described_table(rows(BY_HIVE), "d", "t")

    assert (found.kind, found.storage.location) == ("EXTERNAL_TABLE", "file:/warehouse/t")
    assert found.keys == (HiveColumn("dt", "string"), HiveColumn("hr", "int"))
    assert [column.name for column in found.storage.columns] == ["who", "tags", "facts"]
    assert found.storage.input_format == "org.apache.hadoop.mapred.TextInputFormat"
    assert found.storage.parameters == {
        "colelction.delim": "\x02",
        "field.delim": "\x01",
        "mapkey.delim": "\x03",
        "serialization.format": "\x01",
    }
    assert found.parameters["spark.sql.sources.schema"] == '{"type":"struct"}'


def test_hives_partition_has_columns_and_delimiters_of_its_own():
    values = (("dt", "2026-01-01"), ("hr", "3"))
    found = described_partition(rows(PARTITION_LIKE_HIVES), values)

    assert found.storage.location == "file:/warehouse/t/dt=2026-01-01/hr=3"
    assert found.storage.columns == (HiveColumn("who", "string"),)
    assert found.own_columns
    assert found.storage.parameters == {
        "escape.delim": "\\",
        "field.delim": " ",
        "serialization.null.format": r"\N",
    }


@pytest.mark.parametrize("delimiter", [",", ", ", "\t", "\x01", "=", "]", "a=b"])
def test_sparks_one_cell_is_divided_whatever_divides_the_fields(delimiter):
    cell = f"[field.delim={delimiter}, serialization.format={delimiter}, escape.delim=\\]"
    printed = [
        ("who", "string", None),
        ("dt", "string", None),
        ("# Partition Information", "", ""),
        ("# col_name", "data_type", "comment"),
        ("dt", "string", None),
        ("", "", ""),
        ("# Detailed Partition Information", "", ""),
        ("Location", "file:/t/dt=1", ""),
        ("Storage Properties", cell, ""),
        ("", "", ""),
        ("# Storage Information", "", ""),
        ("Location", "file:/t", ""),
        ("Storage Properties", "[field.delim=the table's]", ""),
    ]

    found = described_partition(printed, (("dt", "1"),))

    assert found.storage.location == "file:/t/dt=1"
    assert [column.name for column in found.storage.columns] == ["who"]
    assert not found.own_columns, "they are the table's"
    assert found.storage.parameters == {
        "field.delim": delimiter,
        "serialization.format": delimiter,
        "escape.delim": "\\",
    }
