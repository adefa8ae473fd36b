"""A platform written by somebody who knew neither the other simulated worlds nor any detector.

Every distribution and number here is that writer's; none is set to suit what is measured on it.
Three things are not: sizes follow the interactions that are asked for, and a group leaves people
for the others; rows carry an address, by which a class in its lesson can be told from a ring; and
pages of one house, which post alike within seconds, are left out, since no column of one table
says that they are of one house (`declared` reads names of accounts, which such a table lacks).
"""
