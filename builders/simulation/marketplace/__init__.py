"""A marketplace with reviews, by somebody who had read no detector, no score and no other world.

No number in it follows what is found in it. What a world holds is drawn from its seed in wide
ranges, so that no two are alike. Where a range has a source, it stands beside it; the others are
round guesses.

People look for goods in sittings, at hours of their own. What they see is what shelves of the
week promote, what all buy, what their favourite shops have, and now and then something rare. Each
account has so many acts to give: what a group asks of it is taken from those, and the rest is life.
"""
