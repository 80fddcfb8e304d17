"""What the templates are filled with."""

COUNTRIES = "France Spain Italy Portugal Poland Norway Finland Denmark Greece Turkey Egypt Morocco Kenya Nigeria Ghana India China Vietnam Thailand Indonesia Mexico Peru Chile Argentina Canada Ireland Iceland Hungary Romania Bulgaria Croatia Serbia Ukraine Austria Belgium Iran Iraq Israel Jordan Nepal".split()
CITIES = "Paris Madrid Rome Lisbon Warsaw Oslo Helsinki Athens Istanbul Cairo Nairobi Lagos Mumbai Delhi Beijing Shanghai Hanoi Bangkok Jakarta Lima Santiago Toronto Montreal Dublin Budapest Vienna Brussels Chicago Denver Seattle Miami Dallas Houston Atlanta Phoenix Portland Munich Hamburg Milan Naples".split()
PEOPLE = "Anna Ben Carla David Emma Frank Grace Henry Irene Jack Karen Leo Maria Nick Olivia Paul Quinn Rachel Sam Tina Victor Wendy Yusuf Zoe Ahmed Chen Priya Luis Fatima Boris".split()
COMPANIES = ["Apple", "Microsoft", "Samsung", "Toyota", "Siemens", "Nike", "Adidas", "Intel", "Nvidia", "Oracle", "Sony", "Boeing", "Airbus", "Netflix", "Disney", "Spotify", "Uber", "Volkswagen", "Nestle", "Unilever"]
TEAMS = ["Brazil", "Argentina", "Germany", "the Lakers", "the Yankees", "Liverpool", "Arsenal", "Real Madrid", "Barcelona", "the Bulls", "Chelsea", "Ajax", "Juventus", "the Rangers"]
LANGUAGES = ["French", "Spanish", "German", "Italian", "Portuguese", "Dutch", "Japanese", "Korean", "Polish", "Turkish", "Swedish", "Arabic", "Hindi", "Russian"]
CODE_LANGUAGES = ["Python", "JavaScript", "TypeScript", "Java", "C++", "C#", "Go", "Rust", "Ruby", "PHP", "Kotlin", "Swift"]
# Neighbours in a line are confused easily, so each serves as the other's trap.
TOPICS = [line.split(", ") for line in """
machine learning, deep learning, reinforcement learning, transfer learning
TCP, UDP, HTTP, DNS
Java, JavaScript, TypeScript, Kotlin
photosynthesis, cellular respiration, fermentation
mitosis, meiosis, apoptosis
inflation, deflation, stagflation, recession
the French Revolution, the Russian Revolution, the Industrial Revolution
a closure, a callback, a promise, a generator
Kubernetes, Docker, Terraform, Ansible
OAuth, SAML, OpenID Connect, JWT
gravity, magnetism, friction, inertia
a mortgage, a lease, a bond, an annuity
Buddhism, Hinduism, Taoism, Islam
Redis, MongoDB, PostgreSQL, SQLite
React, Angular, Svelte, Vue
a virus, a worm, a trojan, ransomware
DNA, RNA, ATP, mRNA
a black hole, a neutron star, a white dwarf, a supernova
supply and demand, opportunity cost, comparative advantage
REST, GraphQL, gRPC, SOAP
the stock market, the bond market, the housing market
quantum computing, quantum mechanics, quantum entanglement
capitalism, socialism, communism, feudalism
type 1 diabetes, type 2 diabetes, gestational diabetes
yoga, pilates, tai chi, meditation
jazz, blues, soul music, funk
baroque architecture, gothic architecture, modernism
a stack, a queue, a heap, a hash table
bubble sort, quicksort, merge sort, heap sort
Bitcoin, Ethereum, Litecoin, Dogecoin
cognitive behavioral therapy, psychoanalysis, hypnosis
the immune system, the nervous system, the digestive system
plate tectonics, continental drift, erosion
a noun, a verb, an adverb, an adjective
Git, Subversion, Mercurial
solar power, wind power, nuclear power, hydropower
anxiety, depression, burnout, insomnia
a debit card, a credit card, a prepaid card
CSS grid, flexbox, media queries
WebSockets, server-sent events, long polling
blockchain, cloud computing, edge computing
chess, checkers, Go, backgammon
""".strip().splitlines()]
# Each: wordings of a verb, wordings of its opposite, objects.
OPPOSITES = [
    (["enable", "turn on", "activate", "switch on"], ["disable", "turn off", "deactivate", "switch off"], ["two-factor authentication", "dark mode", "cookies in my browser", "automatic updates", "location sharing", "Bluetooth on my laptop", "the firewall", "spell checking"]),
    (["install", "set up"], ["uninstall", "remove"], ["Node.js on a Mac", "a printer driver", "nginx on Debian", "a browser extension", "the app on my tablet"]),
    (["lock"], ["unlock"], ["my car with the app", "a cell in Excel", "a row in SQL", "the screen of my phone"]),
    (["increase", "raise", "boost"], ["decrease", "reduce", "lower"], ["the font size in VS Code", "my metabolism", "the volume of a speaker", "my credit score", "humidity in a room", "the timeout of a request", "blood pressure"]),
    (["encrypt"], ["decrypt"], ["a file with GPG", "a hard drive", "a string in Java", "an email"]),
    (["compress", "zip"], ["decompress", "unzip"], ["a folder on Linux", "a log file", "a response in nginx"]),
    (["upload"], ["download"], ["a file to S3" , "photos", "a video", "a dataset"]),
    (["start", "launch"], ["stop", "shut down"], ["a Redis server", "the Apache service", "a virtual machine", "a cron job"]),
    (["add"], ["delete", "remove"], ["a user on Linux", "a column in a SQL table", "a contact on WhatsApp", "a page in a PDF", "an item in an array"]),
    (["grant"], ["revoke"], ["access for a user in MySQL", "a permission on Android", "a power of attorney"]),
    (["accept"], ["decline", "reject"], ["a job offer politely", "a friend request", "cookies on a site", "a wedding invitation"]),
    (["buy", "purchase"], ["sell"], ["a used car", "shares of a company", "a house without an agent", "bitcoin", "old books"]),
    (["mute", "silence"], ["unmute"], ["someone on Zoom", "a conversation", "my microphone"]),
    (["show", "display"], ["hide"], ["hidden files on macOS", "line numbers in vim", "a column in Google Sheets", "an element with CSS"]),
    (["subscribe to"], ["unsubscribe from", "cancel"], ["the newsletter", "a magazine", "a streaming service"]),
    (["gain"], ["lose"], ["weight in a month", "muscle", "followers", "trust in a relationship"]),
    (["join"], ["leave", "quit"], ["a Discord server", "a union", "a video call", "a family plan"]),
    (["import"], ["export"], ["a CSV file in Excel", "bookmarks in Firefox", "a database in MySQL", "contacts in Outlook"]),
    (["open"], ["close"], ["a bank account online", "a port on Windows", "a pull request", "a company in Estonia"]),
    (["hire"], ["fire", "dismiss"], ["an employee", "a lawyer", "a contractor"]),
    (["serialize"], ["deserialize"], ["JSON in Go", "an object in Java", "a date in Python"]),
    (["push"], ["pull"], ["a branch with git", "an image with Docker"]),
    (["lend"], ["borrow"], ["money among friends", "books"]),
    (["freeze"], ["thaw", "defrost"], ["chicken", "bread", "soup"]),
    (["wake up"], ["go to sleep", "fall asleep"], ["early", "without stress"]),
]
ADJECTIVES = [("best", "worst"), ("cheapest", "most expensive"), ("largest", "smallest"), ("oldest", "newest"), ("fastest", "slowest"), ("easiest", "hardest"), ("safest", "most dangerous"), ("first", "last"), ("most popular", "least popular"), ("highest", "lowest")]
SUPERLATIVE_NOUNS = ["restaurant in {city}", "city in {country}", "company in {country}", "way to travel from {city} to {city2}", "university in {country}", "bank in {country}", "neighborhood in {city}", "month to visit {city}", "museum in {city}", "way to learn {lang}"]
EVENTS = ["a job interview", "a workout", "surgery", "a long flight", "the exam", "a blood test", "moving house", "running a migration", "painting a wall", "deploying to production", "giving birth", "a tattoo", "eating garlic", "a haircut"]
# Statements whose negation turns the question around: (as it is, other wordings of it, negated, other wordings of that, question).
STATEMENTS = [
    ("My order has arrived but the box is empty", "I got my order, but there is nothing in the box", "My order has not arrived", "I am still waiting for my order", "Who do I contact?"),
    ("I have paid the invoice", "The invoice was paid by me", "I have not paid the invoice", "I haven't paid the bill yet", "Will my service be cut off?"),
    ("I received the verification code", "The verification code came", "I did not receive the verification code", "The verification code never came", "What should I do now?"),
    ("My landlord fixed the heating", "The heating was repaired by my landlord", "My landlord has not fixed the heating", "The heating still isn't repaired by my landlord", "What are my rights?"),
    ("I agreed to the new terms", "I accepted the new terms", "I did not agree to the new terms", "I never accepted the new terms", "Can I still use the service?"),
    ("The test passes on my machine", "On my computer the test is green", "The test does not pass on my machine", "On my computer the test fails", "What could be the reason?"),
    ("My doctor told me to take the pills", "I was told by my doctor to take the pills", "My doctor told me not to take the pills", "I was told by my doctor that I shouldn't take the pills", "Is that normal?"),
    ("I am allergic to penicillin", "I have a penicillin allergy", "I am not allergic to penicillin", "I have no penicillin allergy", "Which antibiotic can I take?"),
    ("The server responds but the page is blank", "The page is blank although the server answers", "The server does not respond", "The server gives no answer", "How do I debug this?"),
    ("I have a degree in engineering", "I hold an engineering degree", "I don't have a degree in engineering", "I hold no engineering degree", "How can I find a job as an engineer?"),
    ("My passport is valid for six more months", "My passport stays valid for six months", "My passport is no longer valid", "My passport has expired", "Can I travel?"),
    ("I want the report to include salaries", "The report should contain salaries", "I don't want the report to include salaries", "The report should leave out salaries", "How do I set that up?"),
    ("The user is logged in", "The user has signed in", "The user is not logged in", "The user hasn't signed in", "Which page should be shown?"),
    ("My contract was renewed", "They extended my contract", "My contract was not renewed", "They didn't extend my contract", "What should I ask my employer?"),
    ("My baby sleeps through the night", "My baby sleeps all night long", "My baby doesn't sleep through the night", "My baby wakes up at night", "Is this common at six months?"),
    ("I have insurance", "I am insured", "I don't have insurance", "I am uninsured", "Who pays if I crash a rental car?"),
    ("My cat is eating", "My cat has a good appetite", "My cat is not eating", "My cat refuses its food", "Should I see a vet?"),
    ("The seller accepted my offer", "My offer was accepted by the seller", "The seller did not accept my offer", "My offer was turned down by the seller", "What happens next?"),
]
UNITS = [("miles", "kilometers", "meters"), ("pounds", "kilograms", "ounces"), ("Fahrenheit", "Celsius", "Kelvin"), ("inches", "centimeters", "feet"), ("gallons", "liters", "cups"), ("acres", "hectares", "square feet"), ("dollars", "euros", "pounds sterling"), ("yen", "dollars", "won"), ("hours", "minutes", "seconds"), ("gigabytes", "megabytes", "terabytes"), ("knots", "miles per hour", "kilometers per hour")]
# (active, participle) of verbs whose roles matter.
ROLE_VERBS = [("beat", "beaten"), ("sue", "sued"), ("hire", "hired"), ("invite", "invited"), ("blame", "blamed"), ("criticize", "criticized"), ("acquire", "acquired"), ("sponsor", "sponsored"), ("visit", "visited"), ("help", "helped"), ("call", "called"), ("pay", "paid"), ("teach", "taught"), ("follow", "followed"), ("replace", "replaced"), ("influence", "influenced")]
TEXTS = [
    "The company reported record profits in the third quarter, driven by strong sales in Asia.",
    "Our flight leaves at 9 in the morning, so we have to be at the airport by 7.",
    "Bees are responsible for pollinating about a third of the food that we eat.",
    "The new library opens on Monday and offers free courses for children.",
    "She didn't accept the offer because the salary was too low.",
    "Heavy rain caused floods in the valley, and hundreds of people had to leave their homes.",
    "The meeting was moved to Thursday because the director is ill.",
    "All employees must change their passwords every 90 days.",
    "The patient shows no signs of infection and can go home tomorrow.",
    "Customers complain that the app crashes whenever they open the settings.",
    "The city plans to build 500 new apartments near the river.",
    "I love this phone, the camera is great and the battery lasts two days.",
    "I hate this phone, the camera is poor and the battery lasts two hours.",
    "The experiment was repeated with twice as many participants and gave the same result.",
    "Please send the signed contract back to us before the end of the month.",
    "The museum is closed on Tuesdays and open until 8 pm on Fridays.",
    "He sold his car to his brother and bought a motorcycle.",
    "His brother sold him a car and bought a motorcycle.",
    "The treaty was signed in 1951 and has been changed twice since then.",
    "Our team fixed 42 bugs and added three features in this release.",
    "The soup was cold, and nobody apologized when we complained.",
    "The train to Leeds departs from platform 4, not from platform 2.",
]
TEXT_TASKS = [
    ["Summarize this text:", "Give me a short summary of the following text:", "TL;DR of this text:", "Write a brief summary of this:", "Sum up the following text:"],
    ["Fix the grammar of this text:", "Correct the grammatical errors in the following text:", "Proofread this text:"],
    ["Rewrite this text in a formal tone:", "Make the following text sound formal:", "Rephrase this in formal language:"],
    ["Rewrite this text in a casual tone:", "Make the following text sound informal:", "Rephrase this in casual language:"],
    ["Is the sentiment of this text positive or negative?", "Classify the sentiment of the following text:", "What is the sentiment of this text:"],
    ["List the keywords of this text:", "Extract the key terms of the following text:", "Which keywords does this text contain:"],
    ["Translate this text to French:", "Give me a French translation of the following text:", "Put this text into French:"],
    ["Translate this text to Spanish:", "Give me a Spanish translation of the following text:", "Put this text into Spanish:"],
    ["Write a title for this text:", "Suggest a headline for the following text:", "Come up with a title for this:"],
    ["Turn this text into a question:", "Rewrite the following statement as a question:"],
]
CODE_TASKS = [
    ["reverse a string", "string reversal", "turn a string around"],
    ["check whether a string is a palindrome", "palindrome check", "test if a word reads the same backwards"],
    ["sort an array in ascending order", "ascending array sort", "order the numbers of an array from smallest to largest"],
    ["sort an array in descending order", "descending array sort", "order the numbers of an array from largest to smallest"],
    ["compute the factorial of a number recursively", "recursive factorial"],
    ["compute the factorial of a number iteratively", "iterative factorial", "compute the factorial of a number with a loop"],
    ["find the maximum of a list", "get the largest element of a list"],
    ["find the minimum of a list", "get the smallest element of a list"],
    ["read a file line by line", "go through the lines of a file"],
    ["write a list of strings to a file, one a line", "save a list of strings line by line in a file"],
    ["remove duplicates from a list", "deduplicate a list", "keep only the unique elements of a list"],
    ["count the vowels in a string", "find out how many vowels a string has"],
    ["count the words in a string", "find out how many words a string has"],
    ["send an HTTP GET request", "make a GET call over HTTP"],
    ["send an HTTP POST request", "make a POST call over HTTP"],
    ["parse a date from a string", "turn a text into a date"],
    ["format a date as a string", "turn a date into text"],
    ["merge two sorted lists", "combine two sorted lists into a sorted one"],
    ["compute the nth Fibonacci number", "get the Fibonacci number at position n"],
    ["validate an email address", "check that an email address is valid"],
    ["generate a random password", "create a random password"],
    ["convert JSON to CSV", "turn a JSON file into a CSV file"],
    ["convert CSV to JSON", "turn a CSV file into a JSON file"],
]
