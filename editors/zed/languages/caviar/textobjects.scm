(block (body) @class.inside) @class.around
(comment)+ @comment.around
