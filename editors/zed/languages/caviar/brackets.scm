("{" @open "}" @close)
("[" @open "]" @close)
("(" @open ")" @close)
(text "\"" @open "\"" @close)
