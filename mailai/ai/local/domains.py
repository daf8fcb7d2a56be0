"""Domains and file endings as data: brands, link shorteners, odd endings, dangerous files."""

from __future__ import annotations

BRANDS: dict[str, tuple[str, ...]] = {
    "paypal": ("paypal.com", "paypal.de"),
    "amazon": ("amazon.com", "amazon.de", "amazon.co.uk", "amazonses.com"),
    "microsoft": ("microsoft.com", "microsoftonline.com", "office.com", "outlook.com", "live.com"),
    "apple": ("apple.com", "icloud.com"),
    "google": ("google.com", "google.de", "gmail.com", "youtube.com"),
    "netflix": ("netflix.com",),
    "facebook": ("facebook.com", "facebookmail.com", "meta.com"),
    "instagram": ("instagram.com", "mail.instagram.com", "facebookmail.com"),
    "linkedin": ("linkedin.com",),
    "dropbox": ("dropbox.com", "dropboxmail.com"),
    "docusign": ("docusign.com", "docusign.net"),
    "dhl": ("dhl.de", "dhl.com", "deutschepost.de"),
    "ups": ("ups.com",),
    "fedex": ("fedex.com",),
    "hermes": ("hermesworld.com", "myhermes.de", "hermes-europe.de"),
    "sparkasse": ("sparkasse.de",),
    "volksbank": ("volksbank.de", "vr.de"),
    "commerzbank": ("commerzbank.de", "commerzbank.com"),
    "postbank": ("postbank.de",),
    "deutsche bank": ("db.com", "deutsche-bank.de"),
    "comdirect": ("comdirect.de",),
    "n26": ("n26.com",),
    "telekom": ("telekom.de", "t-online.de"),
    "ebay": ("ebay.com", "ebay.de"),
    "barclays": ("barclays.com", "barclays.co.uk"),
    "hsbc": ("hsbc.com", "hsbc.co.uk"),
    "elster": ("elster.de",),
    "royal mail": ("royalmail.com",),
}
"""Names that are often borrowed, and where they really write from."""

SHORTENERS_LIST = "bit.ly tinyurl.com t.co goo.gl is.gd ow.ly cutt.ly rb.gy rebrand.ly shorturl.at tiny.cc"
SHORTENERS = frozenset(SHORTENERS_LIST.split())
ODD_ENDINGS = (
    ".xyz",
    ".top",
    ".click",
    ".icu",
    ".buzz",
    ".loan",
    ".work",
    ".zip",
    ".mov",
    ".gq",
    ".tk",
    ".ml",
    ".cf",
    ".ga",
    ".rest",
    ".cam",
    ".sbs",
    ".cyou",
    ".quest",
)
