"""Kinds of files that do harm when they are opened, by the endings of their names."""

from __future__ import annotations

from enum import StrEnum


class Danger(StrEnum):
    PROGRAM = "program"
    SHORTCUT = "shortcut"
    PAGE = "page"
    MACROS = "macros"
    DISK = "disk"
    ARCHIVE = "archive"


_LISTS = {
    # What Windows, macOS or Linux runs, installs or takes settings from.
    Danger.PROGRAM: """
        ace ade adp apk app application appref-ms appx appxbundle applescript bas bat bash chm cmd com
        command cpl crt csh deb desktop diagcab dll dmx drv exe fxp gadget hlp hpj hta inf ins isp its jar
        jnlp job js jse ksh mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz mjs msc msh
        msh1 msh2 mshxml msi msix msixbundle msp mst ocx ops osd pcd pif pkg pl plg ppkg prf prg ps1 ps1xml
        ps2 psc1 psc2 psd1 psm1 py pyc pyo pyw pyz pyzw reg rpm run scf scr sct settingcontent-ms sh shb shs
        sys terminal theme themepack tool udl vb vbe vbp vbs vsmacros wasm wflow workflow ws wsb wsc wsf wsh
        xbap xll xnk zsh
    """,
    Danger.SHORTCUT: """
        library-ms lnk mcf rdg rdp search-ms searchconnector-ms url webloc website inetloc fileloc
    """,
    Danger.PAGE: "htm html mht mhtml shtml svg svgz xht xhtml",
    # Documents that may carry programs, or files as OneNote does, or fetch from elsewhere.
    Danger.MACROS: """
        accda accdb accde accdr docm dot dotm iqy oft one onepkg onetoc2 potm ppam ppsm pptm rqy sldm slk
        wbk wiz wll xla xlam xlm xlsb xlsm xlt xltm xlw
    """,
    # Their content comes without the mark that systems put on downloads.
    Danger.DISK: "cdr dmg img iso isz mdf nrg sparseimage toast udf vhd vhdx vmdk wim",
}
ENDINGS = {ending: danger for danger, endings in _LISTS.items() for ending in endings.split()}
RISKY_FILES = tuple(f".{ending}" for ending in ENDINGS)


def danger_of_name(name: str) -> Danger | None:
    return ENDINGS.get(name.rpartition(".")[2].strip().casefold()) if "." in name else None
