// Wording whose right answer changes with the day. Too much here costs a model call; too little serves a stale answer.

/** Words and phrases of languages that part words by spaces; matched as whole words, in any case. `’` is read as `'`. */
const phrases = [
  // English
  "today(?:'s)?|tonight(?:'s)?|now|nowadays|right now|current|currently|presently|latest|newest|most recent|recent|recently|lately|yesterday(?:'s)?|tomorrow(?:'s)?",
  "(?:this|last|next|past|coming|upcoming|previous) (?:few |couple of |\\d+ )?(?:seconds?|minutes?|hours?|days?|nights?|mornings?|afternoons?|evenings?|weekends?|weeks?|months?|quarters?|seasons?|years?|decades?|century|monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
  "(?:minutes?|hours?|days?|weeks?|months?|years?) ago|ago|so far|anymore|up[- ]to[- ]date|as of|to date|at (?:the|this) moment|at present|these days|breaking news|news|weather|forecast|live score",
  "what time is it|what(?:'s| is) the (?:time|date|day)|what (?:day|date|year|month) is it|how old is|how long until|countdown|(?:stock|share|exchange) (?:price|rate)s?|price of",
  // German
  "heute|heutige[nrs]?|jetzt|gestern|gestrige[nrs]?|morgen|übermorgen|vorgestern|derzeit|derzeitige[nrs]?|gerade|aktuell|aktuelle[nrs]?|momentan|neueste[nrs]?|letzte[nrs]?|kürzlich|(?:diese[nrsm]?|nächste[nrsm]?|vorige[nrsm]?) (?:tage?|woche|monat|jahr|wochenende)|wie spät|wetter|vor \\S+ (?:minuten|stunden|tagen|wochen|monaten|jahren)",
  // French
  "aujourd'hui|maintenant|hier|demain|actuel|actuels|actuelle|actuelles|actuellement|en ce moment|dernier|derniers|dernière|dernières|récent|récente|récents|récentes|récemment|cette (?:semaine|année|nuit)|ce (?:matin|soir|mois|week-end)|(?:semaine|mois|année) prochaine?|quelle heure|il y a|météo",
  // Spanish
  "hoy|ahora|ayer|mañana|(?:el|la|del|su) (?:\\S+ )?actual|actuales|actualmente|último|últimos|última|últimas|reciente|recientes|recientemente|est[ae] (?:semana|mes|año|noche|tarde)|(?:semana|mes|año) (?:que viene|pasad[oa]|próxim[oa])|qué hora|hace (?:un|una|\\d+)",
  // Italian
  "oggi|adesso|ora|ieri|domani|attuale|attuali|attualmente|ultimo|ultimi|ultima|ultime|recente|recenti|recentemente|quest[ao] (?:settimana|mese|notte|sera)|quest'anno|che ore sono",
  // Portuguese
  "hoje|agora|ontem|amanhã|atual|atuais|atualmente|últim[oa]s?|recentes?|recentemente|est[ea] (?:semana|mês|ano|noite)|que horas",
  // Dutch
  "vandaag|nu|gisteren|huidige|momenteel|nieuwste|laatste|onlangs|deze (?:week|maand|avond)|dit jaar|hoe laat",
  // Polish, Russian, Ukrainian
  "dziś|dzisiaj|teraz|wczoraj|jutro|obecnie|obecny|aktualny|aktualnie|najnowsz\\p{L}+|ostatni\\p{L}*",
  "сегодня\\p{L}*|сейчас|вчера\\p{L}*|завтра\\p{L}*|теперь|текущ\\p{L}+|последн\\p{L}+|нын\\p{L}+|недавно|актуальн\\p{L}+|сьогодні|зараз|вчора|поточн\\p{L}+|останн\\p{L}+",
  // Turkish, Hindi, Arabic
  "bugün|şimdi|dün|yarın|güncel|en son|son (?:dakika|durum|haberler)|şu an\\p{L}*|bu (?:hafta|ay|yıl|gece)",
  "आज|अभी|कल|वर्तमान|नवीनतम|ताज़ा",
  "اليوم|الآن|أمس|غدا|غداً|الحالي|الحالية|أحدث|آخر",
];

/** Words of languages written without spaces; matched anywhere. */
const unspaced = [
  "今天|今日|今晚|今早|现在|現在|目前|当前|當前|昨天|昨日|明天|明日|最新|最近|刚刚|剛剛|本周|本週|这周|這週|本月|今年|去年|明年|上周|下周|几点",
  "きょう|いま|今週|来週|先週|今月|来月|先月|来年|昨年|今朝|今夜|きのう|あした|ただいま|何時|直近",
  "오늘|지금|현재|어제|내일|최신|최근|이번|올해|작년|내년|몇 시",
];

const spacedPattern = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${phrases.join("|")})(?![\\p{L}\\p{N}_])`, "iu");
const unspacedPattern = new RegExp(unspaced.join("|"), "u");

/** Characters read at each end of a text: about a millisecond's work. */
const endLength = 16_384;

/**
 * Whether a text asks for something that depends on when it is asked (`today`, `latest`, `this week`, `aujourd'hui`, `今天`).
 * A long text is read at both ends, where the question stands; the material between them does not ask.
 */
export function isTimeRelative(text: string): boolean {
  const ends = text.length > 2 * endLength ? `${text.slice(0, endLength)} \n ${text.slice(-endLength)}` : text;
  const plain = ends
    .normalize("NFC")
    .replaceAll("’", "'")
    .replace(/\s{2,}|[^\S ]/g, " ");
  return spacedPattern.test(plain) || unspacedPattern.test(plain);
}
