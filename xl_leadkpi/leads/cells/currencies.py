"""Signs, codes and names of currencies as cells and headers have them."""

from __future__ import annotations

CURRENCY_SIGNS = {
    "zł": "PLN", "zl": "PLN", "pln": "PLN", "€": "EUR", "eur": "EUR", "$": "USD", "us$": "USD", "usd": "USD",
    "ca$": "CAD",
    "c$": "CAD", "cad": "CAD", "a$": "AUD", "au$": "AUD", "aud": "AUD", "£": "GBP", "gbp": "GBP", "chf": "CHF",
    "₽": "RUB", "руб": "RUB", "руб.": "RUB", "р.": "RUB", "rub": "RUB", "rur": "RUB", "₴": "UAH", "грн": "UAH",
    "грн.": "UAH", "uah": "UAH", "kč": "CZK", "czk": "CZK", "ft": "HUF", "huf": "HUF", "r$": "BRL", "brl": "BRL",
    "₸": "KZT", "kzt": "KZT", "byn": "BYN", "¥": "JPY", "jpy": "JPY", "cny": "CNY", "₹": "INR", "inr": "INR",
    "sek": "SEK", "nok": "NOK", "dkk": "DKK", "try": "TRY", "₺": "TRY", "mxn": "MXN", "ron": "RON", "bgn": "BGN",
    "ars": "ARS", "clp": "CLP", "cop": "COP", "zar": "ZAR", "aed": "AED", "ils": "ILS", "₪": "ILS", "nzd": "NZD",
    "nz$": "NZD", "mx$": "MXN", "hk$": "HKD", "hkd": "HKD", "s$": "SGD", "sgd": "SGD", "krw": "KRW", "₩": "KRW",
    "s/": "PEN", "pen": "PEN", "rm": "MYR", "myr": "MYR", "₱": "PHP", "php": "PHP", "฿": "THB", "thb": "THB",
    "rp": "IDR", "idr": "IDR", "₫": "VND", "vnd": "VND", "sar": "SAR", "egp": "EGP", "₦": "NGN", "ngn": "NGN",
    "kes": "KES", "pkr": "PKR", "₾": "GEL", "gel": "GEL", "₼": "AZN", "azn": "AZN", "uzs": "UZS", "nt$": "TWD",
    "twd": "TWD", "rsd": "RSD", "isk": "ISK", "lei": "RON", "лв": "BGN", "bam": "BAM", "qar": "QAR",
    "kwd": "KWD", "uyu": "UYU", "mad": "MAD", "euro": "EUR", "euros": "EUR", "евро": "EUR", "dollars": "USD",
    "рублей": "RUB", "рубли": "RUB", "złotych": "PLN", "reais": "BRL",
}  # fmt: skip
"""Sign or code, casefolded, to ISO 4217 code."""

SHARED_SIGNS = frozenset({"kr", "m$", "rs"})
"""Signs that several countries share, casefolded and without full stops: an amount beside one is in a currency that is
not known, and no letter of the sign is a unit."""
