"""Make the embedded fonts from Inter 3.19 (Debian 12 package fonts-inter): python subset.py FOLDER-WITH-OTF

Needs fonttools and brotli. Kept: Latin, Greek, Cyrillic, punctuation, superscripts, arrows, mathematics, shapes; of the layout
features kerning, mark placement and, for tables, figures of equal width, so that a text's width is the sum of its advances and kerns.
"""

import sys
from fontTools import subset

UNICODES = (
    "U+20-7E,U+A0-17F,U+192,U+218-21B,U+2BC,U+2C6,U+2C7,U+2D8-2DD,U+300-304,U+306-308,U+30A-30C,U+370-3FF,U+400-45F,"
    "U+1E80-1E85,U+1EF2,U+1EF3,U+2010-2027,U+202F,U+2030-203A,U+2044,U+2070-209C,U+20AC,U+2113,U+2122,U+2126,"
    "U+2150-215E,U+2190-2199,U+21D0-21D5,U+2200-22FF,U+2300-2303,U+25A0-25FF,U+2713,U+2717,U+2605,U+2606"
)
folder = sys.argv[1]
for style in ("Regular", "SemiBold"):
    for flavor in (None, "woff2"):
        options = subset.Options()
        options.layout_features = ["kern", "mark", "mkmk", "ccmp", "tnum"]
        options.hinting = False
        options.desubroutinize = False
        options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
        options.notdef_outline = True
        options.flavor = flavor
        options.recalc_timestamp = False
        font = subset.load_font(f"{folder}/Inter-{style}.otf", options)
        chosen = subset.Subsetter(options)
        chosen.populate(unicodes=subset.parse_unicodes(UNICODES))
        chosen.subset(font)
        subset.save_font(font, f"inter-{style.lower()}.{flavor or 'otf'}", options)
