"""Words for word problems: plain lists, of which `samplers.py` draws one."""

from __future__ import annotations


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


NAMES = _split(
    """Aaliyah Aarav Adele Ahmed Aiko Alejandro Amara Amina Andrei Anika Anna Arjun Ayşe Bao Beatriz Ben Bilal Bjorn
    Camila Carlos Chen Chiara Chloe Dalia Daniel David Deepa Diego Dmitri Elena Emeka Emily Emma Eva Fatima Felix
    Finn Gabriela Grace Hana Haruto Hassan Hiro Ibrahim Ingrid Isabel Ivan Jack Jamal James Jin Juan Julia Kamau
    Karim Kavya Kenji Khalid Kofi Kwame Lars Layla Leila Leo Liam Lin Lucia Luis Maria Mateo Maya Mei Mia Miguel
    Mohammed Nadia Naledi Nia Nikhil Noah Nora Olga Oliver Olivia Omar Oscar Paolo Pedro Petra Priya Quinn Rachel
    Rahul Ravi Rosa Sam Samir Sana Sara Sasha Sofia Sophie Sven Tariq Thandiwe Tom Valentina Wanjiru Wei Yara Yuki
    Yusuf Zara Zoe"""
)

THINGS = _split(
    """apples balloons bananas baskets batteries beads bells blocks books bottles bowls boxes bracelets bricks brushes
    buckets buttons cakes candles candies cards chairs coins comics cookies crayons cups cupcakes dolls eggs envelopes
    erasers fans flags flowers folders forks games gifts glasses gloves hats jars keys kites lamps lemons magnets maps
    marbles markers masks mugs muffins necklaces notebooks oranges pages paintings pancakes peaches pears pencils pens
    pillows plants plates posters puzzles ribbons rings roses rulers scarves seeds shells shirts shoes socks spoons
    stamps stickers stones tickets tiles tomatoes towels toys umbrellas vases"""
)

FOODS = _split(
    """apples bananas bread burgers burritos cakes carrots cereal cheese cherries chocolate cookies cupcakes dates
    donuts dumplings flour grapes hummus kebabs lemons mangoes muffins noodles nuts oranges pancakes pasta peaches
    pears pies pizzas plums potatoes pretzels rice rolls salad sandwiches soup sugar sushi tacos tomatoes waffles
    yogurt"""
)

FRUITS = _split(
    """apples apricots bananas cherries figs grapes kiwis lemons limes mangoes melons nectarines oranges papayas peaches
    pears pineapples plums pomegranates strawberries"""
)

DRINKS = ("tea", "coffee", "water", "milk", "juice", "lemonade", "cocoa", "soda", "apple juice", "orange juice")

PLACES = (
    "airport", "bakery", "bank", "beach", "bookstore", "cafe", "camp", "castle", "cinema", "clinic", "club", "cottage",
    "factory", "farm", "garage", "garden", "gym", "harbor", "hospital", "hotel", "kitchen", "library", "market",
    "museum", "office", "orchard", "park", "pharmacy", "playground", "pool", "port", "restaurant", "school", "shop",
    "stadium", "station", "store", "studio", "supermarket", "theater", "toy store", "university", "village",
    "warehouse", "workshop", "zoo",
)  # fmt: skip

JOBS = (
    "accountant", "actor", "architect", "artist", "baker", "barber", "builder", "carpenter", "cashier", "chef", "clerk",
    "coach", "dentist", "doctor", "driver", "electrician", "engineer", "farmer", "firefighter", "fisherman", "florist",
    "gardener", "guide", "jeweler", "journalist", "lawyer", "librarian", "mechanic", "merchant", "miner", "musician",
    "nurse", "painter", "pharmacist", "photographer", "pilot", "plumber", "potter", "programmer", "sailor", "scientist",
    "shopkeeper", "student", "tailor", "teacher", "technician", "trader", "waiter", "weaver", "writer",
)  # fmt: skip

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

ANIMALS = _split(
    """ants bears bees birds buffaloes butterflies camels cats chickens cows crabs crocodiles deer dogs dolphins
    donkeys ducks eagles elephants fish foxes frogs geese giraffes goats hamsters hens horses kangaroos koalas lions
    lizards llamas monkeys otters owls pandas parrots penguins pigs pigeons ponies rabbits seals sheep spiders
    squirrels swans tigers turkeys turtles wolves zebras"""
)

COLORS = (
    "red", "blue", "green", "yellow", "white", "black", "purple", "orange", "pink", "brown", "gray", "silver", "golden",
)  # fmt: skip

VEHICLES = ("car", "bus", "train", "truck", "van", "bicycle", "motorcycle", "boat", "ship", "plane", "tram", "scooter")

SPORTS = (
    "basketball", "football", "tennis", "hockey", "volleyball", "baseball", "cricket", "rugby", "badminton", "handball",
)  # fmt: skip

SUBJECTS = ("math", "physics", "history", "biology", "chemistry", "geography", "English", "art", "music", "Spanish")

FAMILY = ("brother", "sister", "cousin", "friend", "neighbor", "uncle", "aunt", "mother", "father", "grandmother")

CITIES = _split(
    """Accra Amsterdam Athens Bangkok Berlin Bogota Boston Cairo Chicago Dakar Delhi Denver Dublin Hanoi Istanbul
    Jakarta Karachi Lagos Lima Lisbon London Madrid Manila Mumbai Nairobi Oslo Paris Prague Quito Rome Santiago Seoul
    Sydney Tokyo Toronto Tunis Vienna Warsaw"""
)
