"""The words that names and comments are made of."""

from __future__ import annotations


def _words(text: str, mark: str | None = None) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(mark))


FIRST_NAMES = _words(
    "ana ben chen dara eli fay gus hana ivo jun kai lea mio nia oleg pia quinn rosa sam tara uri"
    " vera will xena yara zoe amir bela cora dino emma finn gita hugo ines jorge kira liam maya"
)
LAST_NAMES = _words(
    "adler bauer costa diaz evans fuchs garcia haas ito jensen kim lopez meyer novak okafor park"
    " quist rossi singh tanaka ueda vogel weber xu young zeman arslan brandt conti duval"
)
NAME_TAILS = ("", "_", ".", "x", " official", " fm", " art", "22", "99", "_tv")
AWKWARD_NAMES = (
    "null",
    "\\N",
    "NaN",
    "=1+1",
    "<b>bold</b>",
    "O'Neil; --",
    "+44",
    "@everyone",
    "Ω 名 é",
    "\u202egnol",
)
"""Names that careless programs trip over: formulas, markup, words for nothing, turned text."""

TOWNS = _words("Aldport Brenwick Corvale Dunmere Eastholm Farrow Glenby Harwick")

SITE_BEGINNINGS = _words("daily the my open north city super all next free")
SITE_ENDINGS = _words("news post blog video shop journal sports wire forum mag")

TOPIC_NOUNS = tuple(
    _words(nouns)
    for nouns in (
        "match goal coach league keeper transfer derby referee striker season",
        "album chorus tour singer vinyl lyric concert encore drummer remix",
        "recipe sauce oven dough spice broth dessert kitchen noodle grill",
        "phone battery update camera laptop screen app chip charger browser",
        "election budget senate minister debate ballot reform policy council speech",
        "film director trailer sequel actor scene script premiere villain soundtrack",
        "train flight hostel island passport beach border luggage visa skyline",
        "console patch boss quest lobby headset speedrun loot server avatar",
        "market rent salary bank loan price stock inflation pension invoice",
        "garden rescue puppy vet kitten aquarium harvest orchard beehive meadow",
    )
)
MIDDLES = (
    "the {adj} {noun} after that {noun2} was {mood}",
    "nobody talks about how {adj} the {noun} got since the {noun2}",
    "my {kin} still thinks the {noun} needs a {adj} {noun2}",
    "we waited {number} weeks for a {adj} {noun} and got a {noun2}",
    "this {noun} reminds me of the {adj} {noun2} from {place}",
    "in {place} every {noun} comes with a {adj} {noun2}",
    "they changed the {noun} and now the {noun2} feels {adj}",
    "between the {noun} and the {noun2} i would take the {adj} one",
)
ADJECTIVES = _words(
    "awful brilliant careless decent empty famous gentle honest infinite jolly keen lousy modest"
    " narrow overdue polite quiet rotten solid tired unfair vivid weird young bright clumsy daring"
    " elegant fragile grumpy humble idle"
)
MOODS = _words("perfect pointless adorable chaotic rigged gorgeous hilarious heartbreaking late")
KIN = _words("brother sister neighbour boss cousin roommate grandmother teacher landlord")
OPENERS = _words(
    "honestly|not gonna lie|ok but|i think|people forget|as always|to be fair|once again|finally|"
    "hot take:|real talk|update:|so apparently|fun fact:|sorry but|imagine|looking back|for me|"
    "good morning,|unpopular opinion:|still wondering why|cannot believe|just saw that|told you",
    "|",
)
CLOSERS = _words(
    "and {word} agrees|said {word} yesterday|says {word} from {place}|thanks {word}|ask {word}|"
    "{number} times out of ten|since {number} days|but {word} disagrees|never again|see you in"
    " {place}|love from {place}|greetings to {word}|and that was before {word} left|more tomorrow",
    "|",
)
SHORT = _words(
    "so true|lol|first|this|wow|love it|same|no way|congrats|thank you|yes|beautiful|facts|omg|"
    "nice|great post|haha|agreed|stunning|what|🔥🔥🔥|❤️|😂😂|amazing|well said|happy birthday|"
    "so cute|why|not true|source?|following|good one|legend|sad|rip",
    "|",
)
SUFFIXES = ("", "", "", "", "", "", "!", "!!", "...", " 😂", " 🙏", " #fyp", "?", " 🔥")
SYLLABLES = _words("ba do ke li mo nu pra ri sel ta vo wen xi ya zor chi dal fen gru hol")
