/** Words that say how something is asked, not what: they may come, go and change places. */
export const functionWords: ReadonlySet<string> = new Set(
  `a an the this that these those some any of in on at by for from to into with about as and or but if then than so
  is are was were be been being am do does did done has have had having will would can could should shall may might must
  i me my mine you your yours we us our it its he him his she her hers they them their one ones
  what what's which who whom whose when where why how there here
  please tell give show explain describe define help want need know like just really actually exactly very also too
  let let's i'm i'd i'll i've it's that's there's get got way ways best good mean meaning thanks thank hi hello`.split(/\s+/),
);
