# SPDX-License-Identifier: Apache-2.0
"""A line for each country: ISO 3166-1 alpha-2 and alpha-3, then its short name in French, German and English.

Kosovo has no code of ISO's; XK and RKS are what the Union's documents use.
"""

TABLE = """
AD|AND|Andorre|Andorra|Andorra
AE|ARE|Émirats arabes unis|Vereinigte Arabische Emirate|United Arab Emirates
AF|AFG|Afghanistan|Afghanistan|Afghanistan
AG|ATG|Antigua-et-Barbuda|Antigua und Barbuda|Antigua and Barbuda
AI|AIA|Anguilla|Anguilla|Anguilla
AL|ALB|Albanie|Albanien|Albania
AM|ARM|Arménie|Armenien|Armenia
AO|AGO|Angola|Angola|Angola
AQ|ATA|Antarctique|Antarktis|Antarctica
AR|ARG|Argentine|Argentinien|Argentina
AS|ASM|Samoa américaines|Amerikanisch-Samoa|American Samoa
AT|AUT|Autriche|Österreich|Austria
AU|AUS|Australie|Australien|Australia
AW|ABW|Aruba|Aruba|Aruba
AX|ALA|Îles Åland|Åland|Åland Islands
AZ|AZE|Azerbaïdjan|Aserbaidschan|Azerbaijan
BA|BIH|Bosnie-Herzégovine|Bosnien und Herzegowina|Bosnia and Herzegovina
BB|BRB|Barbade|Barbados|Barbados
BD|BGD|Bangladesh|Bangladesch|Bangladesh
BE|BEL|Belgique|Belgien|Belgium
BF|BFA|Burkina Faso|Burkina Faso|Burkina Faso
BG|BGR|Bulgarie|Bulgarien|Bulgaria
BH|BHR|Bahreïn|Bahrain|Bahrain
BI|BDI|Burundi|Burundi|Burundi
BJ|BEN|Bénin|Benin|Benin
BL|BLM|Saint-Barthélemy|St. Barthélemy|Saint Barthélemy
BM|BMU|Bermudes|Bermuda|Bermuda
BN|BRN|Brunei|Brunei|Brunei
BO|BOL|Bolivie|Bolivien|Bolivia
BQ|BES|Bonaire, Saint-Eustache et Saba|Bonaire, Sint Eustatius und Saba|Bonaire, Sint Eustatius and Saba
BR|BRA|Brésil|Brasilien|Brazil
BS|BHS|Bahamas|Bahamas|Bahamas
BT|BTN|Bhoutan|Bhutan|Bhutan
BV|BVT|Île Bouvet|Bouvetinsel|Bouvet Island
BW|BWA|Botswana|Botsuana|Botswana
BY|BLR|Biélorussie|Belarus|Belarus
BZ|BLZ|Belize|Belize|Belize
CA|CAN|Canada|Kanada|Canada
CC|CCK|Îles Cocos|Kokosinseln|Cocos Islands
CD|COD|République démocratique du Congo|Demokratische Republik Kongo|Democratic Republic of the Congo
CF|CAF|République centrafricaine|Zentralafrikanische Republik|Central African Republic
CG|COG|Congo|Kongo|Congo
CH|CHE|Suisse|Schweiz|Switzerland
CI|CIV|Côte d’Ivoire|Côte d’Ivoire|Côte d’Ivoire
CK|COK|Îles Cook|Cookinseln|Cook Islands
CL|CHL|Chili|Chile|Chile
CM|CMR|Cameroun|Kamerun|Cameroon
CN|CHN|Chine|China|China
CO|COL|Colombie|Kolumbien|Colombia
CR|CRI|Costa Rica|Costa Rica|Costa Rica
CU|CUB|Cuba|Kuba|Cuba
CV|CPV|Cap-Vert|Cabo Verde|Cabo Verde
CW|CUW|Curaçao|Curaçao|Curaçao
CX|CXR|Île Christmas|Weihnachtsinsel|Christmas Island
CY|CYP|Chypre|Zypern|Cyprus
CZ|CZE|Tchéquie|Tschechien|Czechia
DE|DEU|Allemagne|Deutschland|Germany
DJ|DJI|Djibouti|Dschibuti|Djibouti
DK|DNK|Danemark|Dänemark|Denmark
DM|DMA|Dominique|Dominica|Dominica
DO|DOM|République dominicaine|Dominikanische Republik|Dominican Republic
DZ|DZA|Algérie|Algerien|Algeria
EC|ECU|Équateur|Ecuador|Ecuador
EE|EST|Estonie|Estland|Estonia
EG|EGY|Égypte|Ägypten|Egypt
EH|ESH|Sahara occidental|Westsahara|Western Sahara
ER|ERI|Érythrée|Eritrea|Eritrea
ES|ESP|Espagne|Spanien|Spain
ET|ETH|Éthiopie|Äthiopien|Ethiopia
FI|FIN|Finlande|Finnland|Finland
FJ|FJI|Fidji|Fidschi|Fiji
FK|FLK|Îles Malouines|Falklandinseln|Falkland Islands
FM|FSM|Micronésie|Mikronesien|Micronesia
FO|FRO|Îles Féroé|Färöer|Faroe Islands
FR|FRA|France|Frankreich|France
GA|GAB|Gabon|Gabun|Gabon
GB|GBR|Royaume-Uni|Vereinigtes Königreich|United Kingdom
GD|GRD|Grenade|Grenada|Grenada
GE|GEO|Géorgie|Georgien|Georgia
GF|GUF|Guyane française|Französisch-Guayana|French Guiana
GG|GGY|Guernesey|Guernsey|Guernsey
GH|GHA|Ghana|Ghana|Ghana
GI|GIB|Gibraltar|Gibraltar|Gibraltar
GL|GRL|Groenland|Grönland|Greenland
GM|GMB|Gambie|Gambia|Gambia
GN|GIN|Guinée|Guinea|Guinea
GP|GLP|Guadeloupe|Guadeloupe|Guadeloupe
GQ|GNQ|Guinée équatoriale|Äquatorialguinea|Equatorial Guinea
GR|GRC|Grèce|Griechenland|Greece
GS|SGS|Géorgie du Sud et îles Sandwich du Sud|Südgeorgien und Südliche Sandwichinseln|South Georgia and the South Sandwich Islands
GT|GTM|Guatemala|Guatemala|Guatemala
GU|GUM|Guam|Guam|Guam
GW|GNB|Guinée-Bissau|Guinea-Bissau|Guinea-Bissau
GY|GUY|Guyana|Guyana|Guyana
HK|HKG|Hong Kong|Hongkong|Hong Kong
HM|HMD|Île Heard et îles McDonald|Heard und McDonaldinseln|Heard Island and McDonald Islands
HN|HND|Honduras|Honduras|Honduras
HR|HRV|Croatie|Kroatien|Croatia
HT|HTI|Haïti|Haiti|Haiti
HU|HUN|Hongrie|Ungarn|Hungary
ID|IDN|Indonésie|Indonesien|Indonesia
IE|IRL|Irlande|Irland|Ireland
IL|ISR|Israël|Israel|Israel
IM|IMN|Île de Man|Insel Man|Isle of Man
IN|IND|Inde|Indien|India
IO|IOT|Territoire britannique de l’océan Indien|Britisches Territorium im Indischen Ozean|British Indian Ocean Territory
IQ|IRQ|Irak|Irak|Iraq
IR|IRN|Iran|Iran|Iran
IS|ISL|Islande|Island|Iceland
IT|ITA|Italie|Italien|Italy
JE|JEY|Jersey|Jersey|Jersey
JM|JAM|Jamaïque|Jamaika|Jamaica
JO|JOR|Jordanie|Jordanien|Jordan
JP|JPN|Japon|Japan|Japan
KE|KEN|Kenya|Kenia|Kenya
KG|KGZ|Kirghizistan|Kirgistan|Kyrgyzstan
KH|KHM|Cambodge|Kambodscha|Cambodia
KI|KIR|Kiribati|Kiribati|Kiribati
KM|COM|Comores|Komoren|Comoros
KN|KNA|Saint-Christophe-et-Niévès|St. Kitts und Nevis|Saint Kitts and Nevis
KP|PRK|Corée du Nord|Nordkorea|North Korea
KR|KOR|Corée du Sud|Südkorea|South Korea
KW|KWT|Koweït|Kuwait|Kuwait
KY|CYM|Îles Caïmans|Kaimaninseln|Cayman Islands
KZ|KAZ|Kazakhstan|Kasachstan|Kazakhstan
LA|LAO|Laos|Laos|Laos
LB|LBN|Liban|Libanon|Lebanon
LC|LCA|Sainte-Lucie|St. Lucia|Saint Lucia
LI|LIE|Liechtenstein|Liechtenstein|Liechtenstein
LK|LKA|Sri Lanka|Sri Lanka|Sri Lanka
LR|LBR|Liberia|Liberia|Liberia
LS|LSO|Lesotho|Lesotho|Lesotho
LT|LTU|Lituanie|Litauen|Lithuania
LU|LUX|Luxembourg|Luxemburg|Luxembourg
LV|LVA|Lettonie|Lettland|Latvia
LY|LBY|Libye|Libyen|Libya
MA|MAR|Maroc|Marokko|Morocco
MC|MCO|Monaco|Monaco|Monaco
MD|MDA|Moldavie|Moldau|Moldova
ME|MNE|Monténégro|Montenegro|Montenegro
MF|MAF|Saint-Martin|St. Martin|Saint Martin
MG|MDG|Madagascar|Madagaskar|Madagascar
MH|MHL|Îles Marshall|Marshallinseln|Marshall Islands
MK|MKD|Macédoine du Nord|Nordmazedonien|North Macedonia
ML|MLI|Mali|Mali|Mali
MM|MMR|Birmanie|Myanmar|Myanmar
MN|MNG|Mongolie|Mongolei|Mongolia
MO|MAC|Macao|Macao|Macao
MP|MNP|Îles Mariannes du Nord|Nördliche Marianen|Northern Mariana Islands
MQ|MTQ|Martinique|Martinique|Martinique
MR|MRT|Mauritanie|Mauretanien|Mauritania
MS|MSR|Montserrat|Montserrat|Montserrat
MT|MLT|Malte|Malta|Malta
MU|MUS|Maurice|Mauritius|Mauritius
MV|MDV|Maldives|Maldiven|Maldives
MW|MWI|Malawi|Malawi|Malawi
MX|MEX|Mexique|Mexiko|Mexico
MY|MYS|Malaisie|Malaysia|Malaysia
MZ|MOZ|Mozambique|Mosambik|Mozambique
NA|NAM|Namibie|Namibia|Namibia
NC|NCL|Nouvelle-Calédonie|Neukaledonien|New Caledonia
NE|NER|Niger|Niger|Niger
NF|NFK|Île Norfolk|Norfolkinsel|Norfolk Island
NG|NGA|Nigeria|Nigeria|Nigeria
NI|NIC|Nicaragua|Nicaragua|Nicaragua
NL|NLD|Pays-Bas|Niederlande|Netherlands
NO|NOR|Norvège|Norwegen|Norway
NP|NPL|Népal|Nepal|Nepal
NR|NRU|Nauru|Nauru|Nauru
NU|NIU|Niue|Niue|Niue
NZ|NZL|Nouvelle-Zélande|Neuseeland|New Zealand
OM|OMN|Oman|Oman|Oman
PA|PAN|Panama|Panama|Panama
PE|PER|Pérou|Peru|Peru
PF|PYF|Polynésie française|Französisch-Polynesien|French Polynesia
PG|PNG|Papouasie-Nouvelle-Guinée|Papua-Neuguinea|Papua New Guinea
PH|PHL|Philippines|Philippinen|Philippines
PK|PAK|Pakistan|Pakistan|Pakistan
PL|POL|Pologne|Polen|Poland
PM|SPM|Saint-Pierre-et-Miquelon|St. Pierre und Miquelon|Saint Pierre and Miquelon
PN|PCN|Îles Pitcairn|Pitcairninseln|Pitcairn Islands
PR|PRI|Porto Rico|Puerto Rico|Puerto Rico
PS|PSE|Palestine|Palästina|Palestine
PT|PRT|Portugal|Portugal|Portugal
PW|PLW|Palaos|Palau|Palau
PY|PRY|Paraguay|Paraguay|Paraguay
QA|QAT|Qatar|Katar|Qatar
RE|REU|La Réunion|Réunion|Réunion
RO|ROU|Roumanie|Rumänien|Romania
RS|SRB|Serbie|Serbien|Serbia
RU|RUS|Russie|Russland|Russia
RW|RWA|Rwanda|Ruanda|Rwanda
SA|SAU|Arabie saoudite|Saudi-Arabien|Saudi Arabia
SB|SLB|Îles Salomon|Salomonen|Solomon Islands
SC|SYC|Seychelles|Seychellen|Seychelles
SD|SDN|Soudan|Sudan|Sudan
SE|SWE|Suède|Schweden|Sweden
SG|SGP|Singapour|Singapur|Singapore
SH|SHN|Sainte-Hélène|St. Helena|Saint Helena
SI|SVN|Slovénie|Slowenien|Slovenia
SJ|SJM|Svalbard et Jan Mayen|Svalbard und Jan Mayen|Svalbard and Jan Mayen
SK|SVK|Slovaquie|Slowakei|Slovakia
SL|SLE|Sierra Leone|Sierra Leone|Sierra Leone
SM|SMR|Saint-Marin|San Marino|San Marino
SN|SEN|Sénégal|Senegal|Senegal
SO|SOM|Somalie|Somalia|Somalia
SR|SUR|Suriname|Suriname|Suriname
SS|SSD|Soudan du Sud|Südsudan|South Sudan
ST|STP|Sao Tomé-et-Principe|São Tomé und Príncipe|São Tomé and Príncipe
SV|SLV|El Salvador|El Salvador|El Salvador
SX|SXM|Saint-Martin (partie néerlandaise)|Sint Maarten (niederländischer Teil)|Sint Maarten (Dutch part)
SY|SYR|Syrie|Syrien|Syria
SZ|SWZ|Eswatini|Eswatini|Eswatini
TC|TCA|Îles Turks et Caicos|Turks- und Caicosinseln|Turks and Caicos Islands
TD|TCD|Tchad|Tschad|Chad
TF|ATF|Terres australes et antarctiques françaises|Französische Süd- und Antarktisgebiete|French Southern Territories
TG|TGO|Togo|Togo|Togo
TH|THA|Thaïlande|Thailand|Thailand
TJ|TJK|Tadjikistan|Tadschikistan|Tajikistan
TK|TKL|Tokelau|Tokelau|Tokelau
TL|TLS|Timor-Leste|Timor-Leste|Timor-Leste
TM|TKM|Turkménistan|Turkmenistan|Turkmenistan
TN|TUN|Tunisie|Tunesien|Tunisia
TO|TON|Tonga|Tonga|Tonga
TR|TUR|Turquie|Türkei|Turkey
TT|TTO|Trinité-et-Tobago|Trinidad und Tobago|Trinidad and Tobago
TV|TUV|Tuvalu|Tuvalu|Tuvalu
TW|TWN|Taïwan|Taiwan|Taiwan
TZ|TZA|Tanzanie|Tansania|Tanzania
UA|UKR|Ukraine|Ukraine|Ukraine
UG|UGA|Ouganda|Uganda|Uganda
UM|UMI|Îles mineures éloignées des États-Unis|Kleinere Amerikanische Überseeinseln|United States Minor Outlying Islands
US|USA|États-Unis|Vereinigte Staaten von Amerika|United States
UY|URY|Uruguay|Uruguay|Uruguay
UZ|UZB|Ouzbékistan|Usbekistan|Uzbekistan
VA|VAT|Vatican|Vatikanstadt|Vatican City
VC|VCT|Saint-Vincent-et-les-Grenadines|St. Vincent und die Grenadinen|Saint Vincent and the Grenadines
VE|VEN|Venezuela|Venezuela|Venezuela
VG|VGB|Îles Vierges britanniques|Britische Jungferninseln|British Virgin Islands
VI|VIR|Îles Vierges américaines|Amerikanische Jungferninseln|U.S. Virgin Islands
VN|VNM|Viêt Nam|Vietnam|Vietnam
VU|VUT|Vanuatu|Vanuatu|Vanuatu
WF|WLF|Wallis-et-Futuna|Wallis und Futuna|Wallis and Futuna
WS|WSM|Samoa|Samoa|Samoa
XK|RKS|Kosovo|Kosovo|Kosovo
YE|YEM|Yémen|Jemen|Yemen
YT|MYT|Mayotte|Mayotte|Mayotte
ZA|ZAF|Afrique du Sud|Südafrika|South Africa
ZM|ZMB|Zambie|Sambia|Zambia
ZW|ZWE|Zimbabwe|Simbabwe|Zimbabwe
"""
