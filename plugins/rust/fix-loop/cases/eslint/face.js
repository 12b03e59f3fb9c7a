const face = "𝒂ö"; var count = 1;
let never = !!!face;
export const both = { face: face, never, count };
if (never == 1) { let { a: a } = both; }
