"""Make the embedded mathematics font from TeX Gyre Termes Math (Debian 12 package fonts-texgyre-math): python math_subset.py FOLDER-WITH-OTF

Needs fonttools and brotli. Kept: what courses on machine learning write; stretched variants stay, through the MATH table.
The font's license asks that a changed font have another name.
"""

import sys
from fontTools import subset

UNICODES = (
    "U+20-7E,U+A0,U+AC,U+B1,U+B7,U+D7,U+F7,U+131,U+237,U+2C6,U+2C7,U+2D8,U+2D9,U+2DC,U+302-304,U+306-308,U+30C,U+393-3F6,U+2013,U+2014,U+2016,"
    "U+2020,U+2026,U+2032,U+2033,U+203E,U+20D7,U+210E,U+2111,U+2113,U+211C,U+211D,U+2115,U+2124,U+211A,U+2102,U+2119,U+212F,U+2190-2194,"
    "U+21A6,U+21D0-21D4,U+2200,U+2202,U+2203,U+2205-2209,U+220B,U+220F,U+2211-2213,U+2215-221A,U+221D,U+221E,U+2223,U+2225,U+2227-222B,"
    "U+2234,U+2235,U+223C,U+2243,U+2245,U+2248,U+2260,U+2261,U+2264,U+2265,U+226A,U+226B,U+227A,U+227B,U+2282,U+2283,U+2286,U+2287,"
    "U+2295-2297,U+2299,U+22A2,U+22A4,U+22A5,U+22C5,U+22EE-22F1,U+2308-230B,U+23DE,U+23DF,U+27E8,U+27E9,U+2A7D,U+2A7E,"
    "U+1D400-1D467,U+1D49C,U+1D49F,U+1D4A9,U+1D4AE,U+1D4B3,U+1D4B4,U+2112,U+211B,U+1D53C,U+1D540,U+1D6A4,U+1D6A5,U+1D6FC-1D71B"
)
folder = sys.argv[1]
options = subset.Options()
options.layout_features = ["ssty", "dtls", "flac"]
options.hinting = False
options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
options.flavor = "woff2"
options.recalc_timestamp = False
font = subset.load_font(f"{folder}/texgyretermes-math.otf", options)
chosen = subset.Subsetter(options)
chosen.populate(unicodes=subset.parse_unicodes(UNICODES))
chosen.subset(font)
for record in font["name"].names:
    if record.nameID in (1, 3, 4, 6, 16):
        record.string = "CaviarMath" if record.nameID in (3, 6) else "Caviar Math"
subset.save_font(font, "math.woff2", options)
