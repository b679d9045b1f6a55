"""Make the embedded font of East Asian scripts from WenQuanYi Micro Hei 0.2.0-beta (Debian 12 package fonts-wqy-microhei):
python cjk_subset.py FOLDER-WITH-TTC

Needs fonttools. Kept: the unified Han characters, kana, bopomofo, every Hangul syllable, their punctuation and the full and half width
forms; nothing that Inter has, no hinting and no other layout. Pictures alone use it, so it is kept as TrueType under gzip, which the
program can read; it is read when a text first needs it.
"""

import gzip
import io
import sys
from fontTools import subset

UNICODES = "U+3000-30FF,U+3105-312F,U+3131-318E,U+31F0-31FF,U+3200-33FF,U+4E00-9FFF,U+AC00-D7A3,U+F900-FAFF,U+FE30-FE4F,U+FF01-FFEE"
folder = sys.argv[1]
options = subset.Options()
options.layout_features = []
options.drop_tables += ["vhea", "vmtx", "GSUB", "GPOS", "GDEF", "gasp"]
options.hinting = False
options.glyph_names = False
options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
options.name_languages = [0x409]
options.notdef_outline = True
options.recalc_timestamp = False
options.font_number = 0
font = subset.load_font(f"{folder}/wqy-microhei.ttc", options)
chosen = subset.Subsetter(options)
chosen.populate(unicodes=subset.parse_unicodes(UNICODES))
chosen.subset(font)
out = io.BytesIO()
font.save(out)
with open("cjk.ttf.gz", "wb") as file:
    file.write(gzip.compress(out.getvalue(), 9, mtime=0))
