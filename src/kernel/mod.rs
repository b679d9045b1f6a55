//! Numbers that do not depend on the machine: products, element-wise maths, reductions, random streams.
