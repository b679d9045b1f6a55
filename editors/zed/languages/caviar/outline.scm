(block . (kind) @context . [(label) (text)] @name . ["from" (body)]) @item
(block . (kind) @context . (label) @context . (number) @name) @item
(block . (kind) @name . (body)) @item
(let "let" @context . (label) @name) @item
