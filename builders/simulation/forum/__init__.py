"""A discussion forum of communities, by somebody who had read no detector and no score.

Of the other worlds' groups nothing was read either, and no number in it follows what is found in
it: it was never run through a detector while it was written. Where a number has a source, it stands
beside it; the others are guesses, and say so.

People come in sittings and read feeds: those of their communities, the front page, one community's
newest posts, old threads, whoever they follow. What they read they vote on, answer, open, pass on.
Every account has so many acts to give: what a group asks of it is taken from those, the rest is
life. Rings and most look-alikes follow a table of the abuse literature, told in `levels.py`.
"""
