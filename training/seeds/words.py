"""Words for word problems: plain lists, of which `samplers.py` draws one."""

from __future__ import annotations


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


GIRLS = _split(
    """Aaliyah Abigail Adele Aiko Alice Alicia Alison Allie Amanda Amara Amber Amina Amy Andrea Angela Anika Anita
    Ann Anna Anne Annie April Ashley Audrey Ava Ayşe Barbara Beatriz Becky Beth Betty Bonnie Brenda Bridget
    Brittany Camila Carla Carol Caroline Carrie Cathy Charlotte Chiara Chloe Christina Cindy Claire Clara Cora
    Cynthia Daisy Dalia Dana Dawn Debby Deborah Deepa Denise Diana Donna Doris Dorothy Edith Eileen Elena
    Elizabeth Ella Ellen Ellie Emily Emma Erica Erin Esther Eva Evelyn Faith Fatima Fiona Frances Gabriela Gail
    Gina Gloria Grace Gwen Hana Hannah Harriet Hazel Heather Heidi Helen Holly Ingrid Irene Iris Isabel Isabella
    Ivy Jackie Jane Janet Janice Jasmine Jean Jenna Jennifer Jenny Jessica Jill Joan Joanna Jodi Josephine Joy
    Joyce Judy Julia Julie June Karen Kate Katherine Kathy Katie Kavya Kayla Kelly Kendra Kim Kristen Laura
    Lauren Layla Leah Leila Lena Lily Lin Linda Lisa Liz Lola Lori Louise Lucia Lucy Lydia Maggie Mandy Margaret
    Maria Marie Marilyn Marissa Martha Mary Maya Megan Mei Melanie Melissa Mia Michelle Mindy Molly Monica Nadia
    Naledi Nancy Naomi Natalie Nia Nicole Nina Nora Olga Olive Olivia Paige Pam Patricia Paula Peggy Penny Petra
    Phoebe Polly Priya Quinn Rachel Rebecca Renee Rita Roberta Rosa Rose Ruby Ruth Sally Samantha Sana Sandra
    Sandy Sara Sarah Sasha Shannon Sharon Sheila Shelly Sofia Sonia Sophia Sophie Stacy Stella Stephanie Sue
    Susan Sylvia Tamara Tammy Tanya Tara Teresa Thandiwe Tiffany Tina Tracy Valentina Valerie Vanessa Vera
    Veronica Victoria Violet Virginia Wanda Wanjiru Wendy Willow Yara Yuki Yvonne Zara Zoe"""
)

BOYS = _split(
    """Aarav Aaron Adam Ahmed Alan Albert Alejandro Alex Alfred Andre Andrei Andrew Andy Anthony Arjun Arnold
    Arthur Austin Bao Barry Ben Benjamin Benny Bilal Bill Billy Bjorn Bob Bobby Brad Bradley Brandon Brian Bruce
    Bryan Caleb Calvin Cameron Carl Carlos Cedric Chad Charles Charlie Chen Chris Christopher Clark Cody Colin
    Connor Craig Curtis Dale Dan Daniel Danny Darren Dave David Dean Dennis Derek Diego Dmitri Dominic Donald
    Doug Drew Duncan Dustin Dwight Dylan Earl Eddie Edgar Edward Edwin Eli Elijah Elliot Emeka Eric Ernest Ethan
    Eugene Evan Felix Finn Francis Frank Fred Gabriel Garrett Gary Gavin George Gerald Glenn Gordon Graham Grant
    Greg Gus Harold Harry Haruto Harvey Hassan Hector Henry Hiro Howard Hugh Hunter Ian Ibrahim Isaac Ivan Jack
    Jacob Jake Jamal James Jared Jason Jay Jeff Jeremy Jerry Jesse Jim Jimmy Jin Joe Joel John Johnny Jonathan
    Jordan Jose Joseph Josh Joshua Juan Julian Justin Kamau Karim Karl Keith Kenji Kenneth Kenny Kevin Khalid
    Kofi Kurt Kwame Kyle Lance Larry Lars Lawrence Leo Leon Leonard Lewis Liam Logan Louis Lucas Luis Luke
    Malcolm Marcus Mario Mark Marshall Martin Mason Mateo Matt Matthew Max Melvin Michael Miguel Mike Miles
    Mitchell Mohammed Nate Nathan Neil Nicholas Nick Nikhil Noah Norman Oliver Omar Oscar Otto Owen Paolo
    Patrick Paul Pedro Perry Pete Peter Phil Philip Rahul Ralph Ramon Randy Raul Ravi Ray Raymond Richard Rick
    Rob Robert Roberto Rodney Roger Roland Ron Ronald Ross Roy Russell Ryan Sam Samir Samuel Scott Sean Seth
    Shane Shawn Sid Simon Spencer Stanley Stephen Steve Stuart Sven Tariq Ted Terry Theo Thomas Tim Todd Tom
    Tommy Tony Travis Trevor Troy Tyler Vernon Victor Vincent Wade Wally Walter Warren Wayne Wei Wesley Will
    William Wyatt Yusuf Zach Zachary"""
)

NAMES = (*GIRLS, *BOYS)

THINGS = _split(
    """acorns albums apples badges bagels balloons bananas bandages baseballs basketballs baskets batteries beads
    beans bells berries blankets blocks bolts bones bookmarks books boots bottles bowls boxes bracelets bricks
    brushes buckets bulbs buttons cakes candies candles caps cards carrots cassettes chairs chestnuts chips
    clips coins comics cones cookies corks coupons crackers crayons cubes cupcakes cups daisies dimes discs
    dolls donuts dresses drums earrings eggs envelopes erasers fans feathers figs figurines files flags flowers
    folders forks forms frames games gems gifts glasses globes gloves grapes guitars hamburgers hammers hats
    hooks invitations jackets jars jewels jigsaws kayaks keys kites ladders lamps leaves lemons letters limes
    lollipops magazines magnets mangoes maps marbles markers masks medals melons muffins mugs nails napkins
    necklaces needles nickels notebooks notes nuts olives onions oranges ornaments pages paintbrushes paintings
    pamphlets pancakes papers peaches peanuts pears pebbles pencils pennies pens peppers photos pillows
    pinecones pins plants plates plums posters potatoes pots prizes pumpkins puzzles quarters quilts rackets
    records ribbons rings roses rubies rulers sandwiches saucers scarves screws seashells seeds shells shirts
    shoes skirts snacks socks songs sponges spoons squashes stamps stars stickers sticks stones strawberries
    straws sweaters sweets tacos tapes teapots tickets tiles tomatoes tools toothpicks towels toys trophies
    tubes turnips umbrellas vases vegetables violins walnuts watches watermelons whistles wreaths yo-yos"""
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

_ONES = _split(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen"""
)
_TENS = _split("zero ten twenty thirty forty fifty sixty seventy eighty ninety")


def spelled(number: int) -> str:
    """A whole number from 0 to 99 in words.

    >>> spelled(7), spelled(40), spelled(48)
    ('seven', 'forty', 'forty-eight')
    """
    if number < len(_ONES):
        return _ONES[number]
    return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")
