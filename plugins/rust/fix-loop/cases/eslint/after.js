const face = "𝒂ö"; let count = 1;
const never = !!!face;
export const both = { face, never, count };
if (never == 1) { let { a } = both; }
