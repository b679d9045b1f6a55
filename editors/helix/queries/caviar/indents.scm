[(body) (arguments) (selection) (list) (group)] @indent
["}" ")" "]"] @outdent
