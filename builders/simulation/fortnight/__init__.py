"""A fortnight of a social platform, drawn from published figures of platforms and campaigns.

Where a number has a source, it stands beside it. The others are round guesses. Sizes of groups, how
loyal fans are, and how fast and how often readers of stars and of news come were set by one bar
alone: what a plain count of meetings within ten minutes or an hour flags
(`tests/hour_of_work.py`). None was set on what a detector of this project says.

People read what they follow. Each has favourites, looks in a few times a day, and takes what was
posted last; a circle of friends, a club or a ring meets on top of that and not instead.
"""
