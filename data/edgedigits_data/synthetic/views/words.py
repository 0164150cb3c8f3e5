"""A short list of words, for a machine without fetched ones: many with letters that look like digits."""


def listed(text: str) -> list[str]:
    """Words apart by blanks; "_" stands for a space."""
    return [word.replace("_", " ") for word in text.split()]


WORDS = listed(
    """
    the of and to in is you that it he was for on are as with his they be at one have this from or had by hot
    but some what there we can out other were all your when up use word how said an each she which do their time
    if will way about many then them would write like so these her long make thing see him two has look more day
    could go come did my sound no most who over know water than call first people may down side been now find
    any new work part take get place made live where after back little only round man year came show every good
    me give our under name very through just form much great think say help low line before turn cause same mean
    differ move right boy old too does tell sentence set three want air well also play small end put home read
    hand port large spell add even land here must big high such Sum Total Name Date Class Room Bill Oil Soil
    Boss Gas Ziggy Lilo Solo Zoo Bob Lisa Otto Igor Elli Sissi Zoe Gigi Saldo Netto Brutto Menge Preis Rechnung
    Kasse Summe Datum Ort Straße Tel Fax Nr No Item Qty Price Paid Due Order Invoice Account Balance Meter
    Reading Unit Gallons Liter Zone Signal Slot Socket Ohm Volt Bolt Screw Size Color Mathe Deutsch Englisch
    Physik Sport Musik Kunst Note Punkte Klasse Lehrer Schüler Test Quiz Goal Score Team Player Lotto Lolli
    Igloo Logo Bobsled Goggles Gobbled Bossy Sizzle Quilt Squall Global Biology Obliged Zigzag Gloss Loss
    illegal bill ill lil lol oil soil boil soils bills gills Illinois silo solo oslo loose goose booze ooze zoo
    zoology quiz squib bog bob bib gob sob lob log igloo boss sobs globs blogs goggle boggle bells sells zebras
    size seize sizes si no fin inicio cont res suma total nombre fecha lugar mesa libro quien que porque queso
    bilis sol solos Yes No OK Start End Stop Begin Print Read If Else While For Return Int Loop Input Output
    Hello World Hola Mundo
    """
)
NAMES = listed(
    """
    Anna Ben Carla David Elisa Felix Greta Hugo Ida Jonas Klara Luis Mia Noah Olga Paul Quinn Rosa Simon Tina
    Uwe Vera Willi Xenia Yusuf Zoe Smith Jones Brown Miller Garcia Rossi Bianchi Silva Santos Kowalski Novak
    Schmidt Weber Olsen Larsson
    """
)
GREEK = listed(
    """
    και το της στην από είναι σχολείο όνομα ημερομηνία μαθητής αριθμός σελίδα σπίτι θάλασσα φως ψωμί γάλα ώρα
    βιβλίο
    """
)
CYRILLIC = listed(
    """
    имя дата класс школа номер счет сумма всего дом вода хлеб жизнь ученик учитель работа задача ответ день год
    """
)
ARABIC_INDIC = "٠١٢٣٤٥٦٧٨٩"
DEVANAGARI = "०१२३४५६७८९"
BENGALI = "০১২৩৪৫৬৭৮৯"
# Labels of forms and tables.
LABELS = listed(
    """
    Name Date Total Sum No. Age Phone Tel. Room Class Score Marks Price Qty Amount Bill Address Zip Order_No.
    Invoice Meter Reading Roll_No. Subject Math English Science Physics Course Lab Theory Level Size Weight
    Height Speed Time Start End Page Datum Nr. Preis Menge Summe Stück Fecha Nombre Cantidad Precio Prix Nom
    Quantité Item Unit Days Hours Min Points Team Goals ID Code Serial Model
    """
)
