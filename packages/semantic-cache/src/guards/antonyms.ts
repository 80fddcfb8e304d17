import { stem } from "./stem.ts";

/** Words in whose place the other turns the request around. A word may have several opposites. */
const list = `enable/disable enabled/disabled activate/deactivate install/uninstall install/remove open/close open/closed lock/unlock add/remove add/delete create/delete insert/delete
increase/decrease increase/reduce raise/lower grow/shrink expand/collapse expand/shrink maximize/minimize encrypt/decrypt encode/decode compress/decompress compress/extract zip/unzip
upload/download import/export start/stop begin/end start/end start/finish accept/reject accept/decline accept/refuse approve/reject allow/forbid allow/deny allow/block allow/prevent grant/revoke grant/deny
buy/sell purchase/sell lend/borrow rent/own hire/fire gain/lose win/lose pass/fail join/leave enter/exit enter/leave arrive/depart arrive/leave mute/unmute follow/unfollow subscribe/unsubscribe
show/hide reveal/hide merge/split attach/detach connect/disconnect mount/unmount push/pull freeze/thaw freeze/defrost heat/cool love/hate like/dislike like/hate agree/disagree trust/distrust
remember/forget attack/defend attract/repel build/destroy laugh/cry lead/follow teach/learn ask/answer send/receive give/take give/receive pay/charge deposit/withdraw save/spend save/delete
support/oppose praise/criticize encourage/discourage include/exclude login/logout serialize/deserialize inhale/exhale wake/sleep stand/sit rise/fall
before/after with/without more/less more/fewer most/least best/worst better/worse good/bad great/terrible right/wrong true/false yes/no always/never often/rarely all/none all/some everyone/nobody everything/nothing
first/last next/previous early/late earlier/later earliest/latest beginning/end old/new older/newer oldest/newest old/young older/younger oldest/youngest
big/small bigger/smaller biggest/smallest large/small larger/smaller largest/smallest long/short longer/shorter longest/shortest tall/short tallest/shortest high/low higher/lower highest/lowest
fast/slow faster/slower fastest/slowest cheap/expensive cheaper/pricier cheapest/priciest easy/hard easy/difficult easier/harder easiest/hardest strong/weak stronger/weaker strongest/weakest
hot/cold warm/cold wet/dry light/dark light/heavy lighter/heavier thick/thin wide/narrow deep/shallow loud/quiet near/far nearest/farthest closest/farthest full/empty clean/dirty rich/poor
safe/dangerous safe/unsafe healthy/unhealthy legal/illegal possible/impossible able/unable happy/sad happy/unhappy smart/stupid brave/cowardly kind/mean polite/rude lazy/hardworking optimistic/pessimistic
positive/negative advantage/disadvantage benefit/drawback benefit/risk pro/con strength/weakness success/failure profit/loss asset/liability debit/credit income/expense cause/effect cause/symptom cause/cure symptom/treatment
minimum/maximum min/max ascending/descending horizontal/vertical horizontally/vertically upper/lower uppercase/lowercase top/bottom left/right front/back upstairs/downstairs north/south east/west northern/southern eastern/western
inside/outside indoor/outdoor internal/external inner/outer public/private local/remote online/offline on/off in/out sync/async synchronous/asynchronous static/dynamic mutable/immutable client/server frontend/backend
formal/informal singular/plural active/passive past/future ancient/modern temporary/permanent temporarily/permanently simple/complex single/married single/multiple odd/even raw/cooked fresh/frozen alive/dead
male/female man/woman men/women boy/girl boys/girls husband/wife father/mother dad/mom son/daughter brother/sister uncle/aunt grandfather/grandmother king/queen he/she his/her him/her himself/herself
employer/employee landlord/tenant buyer/seller lender/borrower teacher/student doctor/patient parent/child sender/receiver producer/consumer winner/loser input/output question/answer supply/demand
morning/evening day/night today/tomorrow today/yesterday tomorrow/yesterday breakfast/dinner summer/winter vegan/meat dog/cat sugar/salt sunrise/sunset
above/below over/under
concise/long concise/detailed short/detailed brief/long brief/detailed polite/impolite friendly/hostile friendly/cold formal/casual cheerful/sad cheerful/melancholy funny/serious humorous/serious scary/soothing
expert/beginner advanced/beginner amateur/professional calm/nervous noisy/quiet generous/stingy guilty/innocent sharp/blunt smooth/rough sweet/sour sweet/bitter tight/loose major/minor majority/minority friend/enemy ally/enemy
victory/defeat load/unload pack/unpack plug/unplug tighten/loosen strengthen/weaken lengthen/shorten widen/narrow improve/worsen enlarge/shrink compliment/insult encoder/decoder encryption/decryption`;

const opposites = new Map<string, Set<string>>();
for (const pair of list.split(/\s+/)) {
  const [one = "", other = ""] = pair.split("/").map((word) => stem(word));
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const known = opposites.get(from) ?? new Set();
    opposites.set(from, known.add(to));
  }
}

const prefixes = ["un", "in", "im", "ir", "il", "dis", "non", "de"];

/** "polit" of "politer", "big" of "bigger", "funny" of "funniest". */
function plain(compared: string): string {
  const cut = compared.replace(/(?:er|est)$/, "");
  return cut === compared || cut.length < 3 ? compared : cut.replace(/i$/, "y").replace(/([^aeiou])\1$/, "$1");
}

/** Both are stems: "happy" against "sad", or against "unhappy"; "politer" against "ruder", or against (more) "rude". */
export function areOpposite(one: string, other: string): boolean {
  if (opposites.get(one)?.has(other) || opposites.get(plain(one))?.has(plain(other))) return true;
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.length > 3 && prefixes.some((prefix) => long === prefix + short);
}
