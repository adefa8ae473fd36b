"""How good a run is: held against labels, beside other methods, over several worlds."""
