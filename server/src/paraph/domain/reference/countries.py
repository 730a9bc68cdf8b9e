# SPDX-License-Identifier: Apache-2.0
"""Countries by ISO 3166-1 alpha-2, their names, and the codes that travel documents use for them (ICAO 9303 part 3)."""

import unicodedata

from phonenumbers.geodata.locale import LOCALE_DATA

# Alpha-2 and alpha-3 of each country, written together.
_TABLE = """
    ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB
    BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR
    BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR
    CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK
    FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS
    GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN
    ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO
    LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD
    MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER
    NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM
    PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP
    SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF
    TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY
    UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE
"""
_PAIRS = _TABLE.split()
_ALPHA3 = {pair[:2]: pair[2:] for pair in _PAIRS}
_ALPHA2 = {alpha3: alpha2 for alpha2, alpha3 in _ALPHA3.items()}
# Germany writes a single letter; British nationals of other status have codes of their own.
_ZONE_CODES = {"D": "DE", "GBD": "GB", "GBN": "GB", "GBO": "GB", "GBP": "GB", "GBS": "GB", "RKS": "XK"}
# The names come from the Unicode CLDR by way of phonenumbers, which leaves accents off French capitals.
_CORRECTED = {
    ("US", "fr"): "États-Unis", ("EG", "fr"): "Égypte", ("AE", "fr"): "Émirats arabes unis", ("EC", "fr"): "Équateur",
    ("ER", "fr"): "Érythrée", ("ET", "fr"): "Éthiopie", ("XK", "fr"): "Kosovo", ("XK", "de"): "Kosovo",
    ("XK", "en"): "Kosovo",
}
CODES = frozenset(_ALPHA3) | {"XK"}


def is_known(code: str) -> bool:
    return code in CODES


def name(code: str, language: str) -> str:
    """The country's name in French, German or English; the code itself where no name is known."""
    if (code, language) in _CORRECTED:
        return _CORRECTED[code, language]
    names = LOCALE_DATA.get(code, {})
    found = names.get(language, "")
    # "*xx" points at the language whose name is the same.
    return names.get(found[1:], code) if found.startswith("*") else found or code


def choices(language: str) -> list[tuple[str, str]]:
    """Every country with its name, in the order of the alphabet without accents."""
    pairs = [(code, name(code, language)) for code in CODES]
    return sorted(pairs, key=lambda pair: unicodedata.normalize("NFKD", pair[1]).encode("ascii", "ignore").lower())


def from_zone(code: str) -> str:
    """Alpha-2 of the code in a machine readable zone, or nothing for one that is no country (UTO, UNO …)."""
    return _ZONE_CODES.get(code) or _ALPHA2.get(code, "")
