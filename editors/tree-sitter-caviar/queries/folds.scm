[(prose) (body) (arguments) (list)] @fold
