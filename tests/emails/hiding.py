"""Ways to put words where nobody looks: `X` stands for them. Each must be shown in full or be neither shown nor read."""

# ruff: noqa: E501 - a page a line

from __future__ import annotations

import random
import struct
import zlib
from base64 import b64encode

PIXEL = "R0lGODlhAQABAAAAACwAAAAAAQABAAA="


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def picture(width: int, height: int, shade: int = 255) -> str:
    """A PNG of one grey, as a data: address."""
    rows = zlib.compress((b"\0" + bytes([shade]) * width) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return f"data:image/png;base64,{b64encode(png).decode()}"


WHITE, BLACK, TALL = picture(2, 2), picture(2, 2, 0), picture(1, 2000)
ROWS = "<tr><td></td></tr>"

WAYS = {
    # to the side
    "padding": '<div style="padding-left:3000px">X</div>',
    "padding in em": '<div style="padding-left:300em">X</div>',
    "padding in percent": '<div style="padding-left:99%">X</div>',
    "padding in vw": '<div style="padding-left:99vw">X</div>',
    "padding by calc": '<div style="padding-left:calc(100px * 30)">X</div>',
    "padding in mm": '<div style="padding:0 0 0 900mm">X</div>',
    "padding and padding": '<div style="padding-left:60px">' * 60 + "X" + "</div>" * 60,
    "wide to the right": '<div style="width:5000px;text-align:right">X</div>',
    "wide by percent": '<div style="width:900%;text-align:right">X</div>',
    "at least wide": '<div style="min-width:5000px;text-align:right">X</div>',
    "a wide table": '<table width=5000><tr><td align=right>X</td></tr></table>',
    "a table by style": '<table style="width:5000px"><tr><td align=right>X</td></tr></table>',
    "a wide cell": '<table><tr><td width=5000></td><td>X</td></tr></table>',
    "a wide column": '<table><col width=5000><col><tr><td></td><td>X</td></tr></table>',
    "a wide span": '<table><tr><td colspan=1000></td><td>X</td></tr></table>',
    "a column at least wide": '<table><tr><td style="min-width:4000px"></td><td>X</td></tr></table>',
    "many columns": "<table><tr>" + "<td>a</td>" * 200 + "<td>X</td></tr></table>",
    "columns in columns": "<table><tr>" * 3 + ("<td>abc</td>" * 9 + "<td>") * 1 + "X" + "</td></tr></table>" * 3,
    "padded columns": "<table cellpadding=99><tr>" + "<td style='padding:0 80px'>a</td>" * 12 + "<td>X</td></tr></table>",
    "spaced columns": "<table cellspacing=400><tr><td></td><td>X</td></tr></table>",
    "border": '<div style="border-left:4000px solid #fff">X</div>',
    "border in em": '<div style="border:solid #fff;border-left-width:200em">X</div>',
    "border of a table": '<table border=3000><tr><td>X</td></tr></table>',
    "indent": '<p style="text-indent:999px">X</p>',
    "indent of a list": "<ul>" * 60 + "<li>X" + "</ul>" * 60,
    "quotations": "<blockquote>" * 70 + "X" + "</blockquote>" * 70,
    "definitions": "<dl><dd>" * 60 + "X" + "</dd></dl>" * 60,
    "figures": "<figure>" * 20 + "X" + "</figure>" * 20,
    "margin": '<div style="margin-left:999px">X</div>',
    "margin, other units": '<div style="margin:0 0 0 40cm">X</div>',
    "negative margin": '<div style="margin-left:-399px">X</div>',
    "room beside an image": f'<img src="{WHITE}" hspace=3000 align=left>X',
    "a wide image": f'<img src="{WHITE}" width=4000 height=9>X',
    "a wide image in a cell": f'<table><tr><td><img src="{WHITE}" width=4000 height=9></td><td>X</td></tr></table>',
    "broken images in cells": "<table><tr>" + '<td><img src="data:image/png,x" width=700></td>' * 9 + "<td>X</td></tr></table>",
    "no break": f'<div style="white-space:nowrap">{"abc " * 900} X</div>',
    "no break in a cell": f"<table><tr><td nowrap>{'abc ' * 900} X</td></tr></table>",
    "a long word": f"<p>{'w' * 3000} X</p>",
    "a long word in a cell": f"<table><tr><td>{'w' * 3000}</td><td>X</td></tr></table>",
    "pre": f"<pre>{'abc ' * 900} X</pre>",
    "blanks": f"<p>a{'&nbsp;' * 5000}X</p>",
    "blanks in a row": f"<pre>a{' ' * 5000}X</pre>",
    "ideographic blanks": f"<p>a{chr(0x3000) * 5000}X</p>",
    "letters that are empty": f"<p>a{chr(0x2800) * 9000}X</p>",
    "spaced letters": '<p style="letter-spacing:900px">X</p>',
    "spaced words": '<p style="word-spacing:3000px">a X</p>',
    "from right to left": '<div dir=rtl style="padding-right:3000px">X</div>',
    "the other way": '<div style="direction:rtl;width:5000px">X</div>',
    "flex": '<div style="display:flex"><div style="min-width:4000px"></div><div>X</div></div>',
    "grid": '<div style="display:grid;grid-template-columns:4000px 1fr"><div></div><div>X</div></div>',
    "table by display": '<div style="display:table-row"><div style="display:table-cell;min-width:4000px"></div><div style="display:table-cell">X</div></div>',
    "columns of a page": '<div style="columns:40;column-width:900px;width:9000px">a b c d e f X</div>',
    "float": '<div style="float:left;width:3000px"></div><div style="float:right">X</div>',
    "fieldset": f"<fieldset style='padding:0 900px'>{'w' * 900} X</fieldset>",
    # out of the flow
    "absolute": '<div style="position:absolute;left:900px;top:9000px">X</div>',
    "sticky": '<div style="position:sticky;top:-400px;margin-top:-400px">X</div>',
    "transformed": '<div style="transform:translateX(400%)">X</div>',
    "turned": '<div style="transform:rotateY(90deg)">X</div>',
    "offset": '<div style="inset:0 0 0 800px;position:relative">X</div>',
    "translate": '<div style="translate:4000px">X</div>',
    "zoom": '<div style="zoom:.01">X</div>',
    "scaled": '<div style="scale:.02">X</div>',
    "written down": '<div style="writing-mode:vertical-rl;height:2px">X</div>',
    # small
    "small letters": '<p style="font-size:4.1px">X</p>',
    "letters into each other": '<p style="font-size:4px;letter-spacing:-3px">X</p>',
    "letters into each other, in em": '<p style="letter-spacing:-.6em">X</p>',
    "nested em": '<div style="font-size:.6em">' * 9 + "X" + "</div>" * 9,
    "nested large": '<div style="font-size:1.9em">' * 12 + "X" + "</div>" * 12,
    "headings in headings": "<h1><font size=7>" * 6 + "X" + "</font></h1>" * 6,
    "old small": "<font size=1>" + "<small>" * 6 + "X" + "</small>" * 6 + "</font>",
    "small caps": '<p style="font-size:5px;font-variant:small-caps">X</p>',
    "a line of one": '<div style="max-height:1px;line-height:1px">X</div>',
    "lines over each other": '<div style="line-height:1px">X<br>abc abc<br>abc abc</div>',
    "lines over each other, inherited": '<div style="font-size:9px;line-height:9px"><span style="font-size:60px">X<br>abc<br>abc</span></div>',
    "no line": '<div style="line-height:0">X<br>abc<br>abc</div>',
    "no height": '<div style="height:0">X</div><div style="background:#fff">abc abc</div>',
    "no height, then more": '<div style="height:0">X</div><img src="' + WHITE + '" width=600 height=90>',
    "no width": '<div style="width:0">X</div>',
    "no width beside words": '<div style="float:left;width:1px">X</div><div style="background:#fff">abc abc abc</div>',
    "a thin table": '<table width=1 style="table-layout:fixed"><tr><td width=0>X</td><td bgcolor=white>abc abc</td></tr></table>',
    "little by little": '<div style="width:40%">' * 12 + "X" + "</div>" * 12,
    # over it
    "pulled over": '<p>X</p><div style="margin-top:-39px;background:#fff">abc abc abc</div>',
    "pulled over by em": '<p>X</p><div style="margin-top:-2.4em;background:#fff">abc abc abc</div>',
    "padding of a line": 'X<br><span style="padding:60px;background:#fff">abc</span>',
    "border of a line": 'X<br><span style="border:40px solid #fff">abc</span>',
    "a large line": '<div style="line-height:1">X<br><span style="font-size:90px;background:#fff">abc</span></div>',
    "shadow": '<p>X</p><div style="box-shadow:0 0 0 99px #fff">abc</div>',
    "outline": '<p>X</p><div style="outline:99px solid #fff">abc</div>',
    "struck out": '<p style="text-decoration:line-through 30px #fff">X</p>',
    "struck out, longhand": '<p style="text-decoration:line-through;text-decoration-thickness:2em;text-decoration-color:#fff">X</p>',
    "cells over each other": "<table><tr><td>a</td><td rowspan=2>X</td></tr><tr><td colspan=2 bgcolor=white>abc abc abc</td></tr></table>",
    "raised": '<p>X</p><p>a<span style="vertical-align:30px;background:#fff">abc abc</span></p>',
    "towers": f"<p>X</p><p>{''.join('a' + chr(0x30d) * 90 for _ in range(40))}</p>",
    "clipped": '<div style="overflow:hidden;height:16px"><p>abc</p><p>abc</p>X</div>',
    "clipped by a path": '<div style="clip-path:inset(49%)">X</div>',
    "masked": '<div style="mask:linear-gradient(transparent,transparent)">X</div>',
    "cut with dots": f'<div style="width:120px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap">{"abc " * 90}X</div>',
    "a filled corner": '<div style="background:#000;color:#fff;border-radius:900px;height:300px">X</div>',
    "a round of letters": '<div style="border-radius:50%;overflow:hidden;background:#000;color:#fff">X</div>',
    # faint
    "faded": '<p style="opacity:.11">X</p>',
    "faded twice": '<div style="opacity:.35"><p style="opacity:.35">X</p></div>',
    "faded by a filter": '<p style="filter:opacity(11%)">X</p>',
    "transparent ink": '<p style="color:rgba(0,0,0,.13)">X</p>',
    "nearly white": '<p style="color:#dadada">X</p>',
    "filled text": '<p style="-webkit-text-fill-color:#fff">X</p>',
    "on a data: picture": f'<p style="background:url({BLACK});color:#fff">X</p>',
    "on a data: picture, as white": f'<p style="background:url({WHITE});color:#fff">X</p>',
    "on a data: picture, as dark": f'<p style="background-image:url({BLACK})">X</p>',
    "on a picture from elsewhere": '<p style="background:url(https://evil.example/x.png);color:#fff">X</p>',
    "on a small picture": f'<p style="background:url({BLACK}) no-repeat;background-size:1px;color:#fff">X</p>',
    "on an attribute's picture": '<table background="https://evil.example/x.png"><tr><td style="color:#fff">X</td></tr></table>',
    "on a gradient": '<p style="background:linear-gradient(90deg,#fff,#000);color:#fff">X</p>',
    "between two stops": '<p style="background:linear-gradient(90deg,#000,#fff);color:#808080">X</p>',
    "on a round gradient": '<p style="background:radial-gradient(circle,#000,#fff);color:#fff">X</p>',
    "beside its background": '<div style="background:#000"><span style="float:left;color:#fff">X</span></div>',
    "beside its background, a table": '<div style="background:#000"><table align=left><tr><td><font color=white>X</font></table></div>',
    "a block in a filled line": '<span style="background:#000"><div style="color:#fff">X</div></span>',
    "large in a filled line": '<span style="background:#000;font-size:9px"><span style="color:#fff;font-size:90px">X</span></span>',
    "above its table": '<table bgcolor=black><caption><font color=white>X</font></caption><tr><td>a</td></tr></table>',
    "before its table": "<table bgcolor=black><font color=white>X</font><tr><td>a</td></tr></table>",
    "before its table, a block": '<table bgcolor=black><div style="color:#fff">X</div><tr><td>a</td></tr></table>',
    "on a coloured column": '<table><colgroup><col style="background:#1d2029"></colgroup><tr><td>X</td></tr></table>',
    "a mark": '<mark style="color:#ff0">X</mark>',
    "a link on blue": '<div style="background:#3a4fc0"><a href="https://example.com/">X</a></div>',
    "dark on dark by inheritance": '<div style="color:#fff;background:#222"><div style="background:#fff">X</div></div>',
    # far down
    "breaks": "a" + "<br>" * 2500 + "X",
    "empty paragraphs": "a" + "<p>&nbsp;</p>" * 1600 + "X",
    "paddings": "a" + '<div style="padding-top:80px"></div>' * 800 + "X",
    "margins": "a" + '<div style="margin-top:79px;border-top:1px solid #fff"></div>' * 800 + "X",
    "paddings in each other": '<div style="padding-top:80px">' * 120 + "X" + "</div>" * 120,
    "a high row": "<table><tr><td height=60000></td></tr></table>X",
    "high rows": "<table>" + "<tr><td height=400></td></tr>" * 150 + "</table>X",
    "at the foot of a high cell": '<table><tr><td height=60000 valign=bottom>X</td></tr></table>',
    "empty rows": "<table cellpadding=20>" + ROWS * 4000 + "</table>X",
    "empty items": "<ul>" + "<li></li>" * 2500 + "</ul>X",
    "empty rules": "<hr>" * 4000 + "X",
    "empty lines": "<pre>a" + "\n" * 3000 + "X</pre>",
    "lines that are blank": '<div style="white-space:pre-wrap">a' + "\n \u200b" * 3000 + "X</div>",
    "a high image": f'<img src="{TALL}" width=800 height=60000>X',
    "high images": f'<img src="{TALL}" width=800>' * 60 + "X",
    "images of elsewhere": '<img src="https://evil.example/x" width=800 height=1100>' * 60 + "X",
    "white words before": f"<p style='color:#fff'>{'abc ' * 30_000}</p>X",
    "a high box": '<div style="min-height:60000px"></div>X',
    "a wide space below": '<p style="margin-bottom:60000px">a</p>X',
    "large white": f"<p style='font-size:90px;line-height:2'>{'&nbsp;<br>' * 900}</p>X",
    # words that are not what they look like
    "turned round": "<bdo dir=rtl>X</bdo>",
    "turned round by a mark": "<p>\u202eX\u202c</p>",
    "in signs": '<p style="font-family:Wingdings,Symbol">X</p>',
    "in signs, old": "<font face=Webdings>X</font>",
    "in a closed box": "<details><summary>s</summary>X</details>",
    "in a moving box": '<marquee scrollamount=900 behavior=slide width=1>X</marquee>',
    "as a button": "<button style='width:0;overflow:hidden'>X</button>",
    "as a field": "<textarea>X</textarea><input value=X><select><option>X</select>",
    "beside an image of the message": f'<img src="{WHITE}" width=90 height=90 alt="X">',
    "instead of an image": '<img src="https://evil.example/x.png" width=20 height=20 alt="X abc abc abc abc abc abc abc abc">',
    "instead of nothing": '<img width=9 height=9 alt="X abc abc abc abc abc abc">',
    "in a title": '<p title="X">a</p>',
    "as a marker": """<ul style="list-style-type:'X'"><li>a</ul>""",
}  # fmt: skip
WRAPPERS = [html for html in WAYS.values() if "X" in html and html.count("X") == 1 and len(html) < 20_000]


def combined(seed: int) -> str:
    """Several ways in each other and beside each other, with a word in each."""
    dice = random.Random(seed)
    html = "X"
    for _step in range(dice.randint(2, 6)):
        html = dice.choice(WRAPPERS).replace("X", html)
        if dice.random() < 0.4:
            html += dice.choice(WRAPPERS).replace("X", "Aside")
        if len(html) > 200_000:
            break
    return html
