const subjects =
  "Python,Redis,photosynthesis,the French Revolution,compound interest,TCP,a black hole,sourdough bread,the Krebs cycle,Kubernetes,garbage collection,a mortgage,the water cycle,SQL joins,regular expressions,jazz,inflation,a neural network,vaccines,the Roman Senate,binary search,plate tectonics,OAuth,chess openings,a haiku,entropy,HTTP caching,the immune system,a virtual machine,supply and demand,gradient descent,the Great Wall,public keys,marathon training,espresso,a linked list,copyright,tides,the stock market,recursion".split(
    ",",
  );
const forms =
  "What is {}?,Explain {} to a child,How does {} work?,Give me a short history of {},List three facts about {},Why does {} matter?,What are common mistakes with {}?,Compare {} with its closest alternative,Write a paragraph about {},Who first described {}?,Summarise {} in one sentence,What should a beginner know about {}?,Where is {} used today?,What are the limits of {}?,Suggest a book about {},Translate the definition of {} into German,What is the opposite of {}?,Give an example of {},What happens without {}?,How would you teach {}?".split(
    ",",
  );

/** Up to 800 different questions, always the same ones. */
export function questions(count: number): string[] {
  const all = forms.flatMap((form) => subjects.map((subject) => form.replace("{}", subject)));
  return Array.from({ length: count }, (_, i) => all[i % all.length] ?? "");
}

/**
 * Of vectors, `count`: those given, and then each with a share of another one, as questions on the same thing are. Their cosine with
 * the first is about 0.9.
 */
export function multiply(vectors: readonly Float32Array[], count: number): Float32Array[] {
  return Array.from({ length: count }, (_, i) => {
    const vector = vectors[i % vectors.length] ?? new Float32Array();
    if (i < vectors.length) return vector;
    // 7,919 is prime: every turn through the vectors takes other ones.
    const other = vectors[(i * 7_919 + Math.floor(i / vectors.length)) % vectors.length] ?? vector;
    const mixed = vector.map((value, j) => value + 0.5 * (other[j] ?? 0));
    const length = Math.sqrt(mixed.reduce((sum, value) => sum + value * value, 0));
    return mixed.map((value) => value / length);
  });
}
