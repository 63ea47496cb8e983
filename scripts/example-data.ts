import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Makes the generated files of `data/`: the same each time. Kiva's have the header of the data that kiva.org
 * publishes, with rows of ours: nobody's loan is in them.
 */
const folder = fileURLToPath(new URL('../data/', import.meta.url))

/** Numbers from 0 to 1 that look like chance: mulberry32, by Tommy Ettinger, public domain. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const next = chance(2014)
const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
const pick = <T>(list: readonly T[]): T => list[whole(0, list.length - 1)] as T
const day = (from: string, days: number) => new Date(Date.parse(from) + whole(0, days * 86_400) * 1000)
const stamp = (at: Date) => `${at.toISOString().slice(0, 19).replace('T', ' ')}.000 +0000`

/** RFC 4180: quoted where a comma, quote or line break is in it. */
function line(fields: readonly (string | number)[]): string {
  return fields
    .map(String)
    .map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',')
}

function write(file: string, lines: readonly string[]): void {
  writeFileSync(`${folder}${file}`, `${lines.join('\n')}\n`)
}

const loanHeader = [
  'LOAN_ID,LOAN_NAME,ORIGINAL_LANGUAGE,DESCRIPTION,DESCRIPTION_TRANSLATED,FUNDED_AMOUNT,LOAN_AMOUNT,STATUS',
  'IMAGE_ID,VIDEO_ID,ACTIVITY_NAME,SECTOR_NAME,LOAN_USE,COUNTRY_CODE,COUNTRY_NAME,TOWN_NAME,CURRENCY_POLICY',
  'CURRENCY_EXCHANGE_COVERAGE_RATE,CURRENCY,PARTNER_ID,POSTED_TIME,PLANNED_EXPIRATION_TIME,DISBURSE_TIME',
  'RAISED_TIME,LENDER_TERM,NUM_LENDERS_TOTAL,NUM_JOURNAL_ENTRIES,NUM_BULK_ENTRIES,TAGS,BORROWER_NAMES',
  'BORROWER_GENDERS,BORROWER_PICTURED,REPAYMENT_INTERVAL,DISTRIBUTION_MODEL',
].join(',')

const names = ['Amara', 'Luz', 'Sokha', 'Grace', 'Ibrahim', 'Elena', 'Tomás', 'Nodira', 'Mekong Group']
const places = [
  {
    code: 'KE',
    country: 'Kenya',
    towns: ['Kisumu', 'Nakuru', 'Mombasa'],
    currency: 'KES',
    language: 'English',
  },
  {
    code: 'PE',
    country: 'Peru',
    towns: ['Cusco', 'Puno', 'Lima, Callao'],
    currency: 'PEN',
    language: 'Spanish',
  },
  { code: 'KH', country: 'Cambodia', towns: ['Siem Reap', 'Kampot'], currency: 'USD', language: 'English' },
  { code: 'TJ', country: 'Tajikistan', towns: ['Khujand', 'Dushanbe'], currency: 'TJS', language: 'Russian' },
]
const trades = [
  { sector: 'Agriculture', activity: 'Farming', use: 'to buy seed and fertiliser' },
  { sector: 'Food', activity: 'Bakery', use: 'to buy flour, sugar and a new oven' },
  { sector: 'Retail', activity: 'General Store', use: 'to stock "everyday" goods' },
  { sector: 'Clothing', activity: 'Sewing', use: 'to buy cloth and a sewing machine' },
]

/** What is wrong with a line, by its number: such lines are kept among the rejects. */
const faults: ReadonlyMap<number, (fields: string[]) => string[]> = new Map([
  [41, (fields) => fields.with(6, 'n/a')],
  [97, (fields) => fields.with(5, '1,250.00')],
  [160, (fields) => fields.slice(0, 9)],
  [222, (fields) => [...fields, 'and more']],
  [301, (fields) => fields.with(0, 'L-301')],
  [377, (fields) => fields.with(6, '')],
  [455, (fields) => fields.slice(0, 3)],
])

function loans(): void {
  const lines = [loanHeader]
  const lenders = ['LOAN_ID,LENDERS']
  for (let n = 1; n <= 500; n++) {
    const id = 657_000 + n * 7
    const { code, country, towns, currency, language } = pick(places)
    const { sector, activity, use } = pick(trades)
    const amount = whole(4, 80) * 25
    const status = pick(['funded', 'funded', 'funded', 'funded', 'expired', 'fundRaising', 'refunded'])
    const funded = status === 'funded' ? amount : status === 'refunded' ? 0 : whole(0, amount / 25 - 1) * 25
    const posted = day('2014-01-01', 300)
    const plus = (days: number) => stamp(new Date(posted.getTime() + days * 86_400_000))
    const backers = funded === 0 ? 0 : Math.min(12, Math.ceil(funded / 150))
    const name = pick(names)
    const told =
      n % 9 === 0
        ? `${name} lives in ${towns[0] ?? ''}.\nShe asks for help ${use}.`
        : `${name} asks for a loan ${use}.`
    const fields = [
      id,
      name,
      language,
      told,
      language === 'English' ? told : '',
      `${funded}.0`,
      `${amount}.0`,
      status,
      1_600_000 + n,
      '',
      activity,
      sector,
      use,
      code,
      country,
      pick(towns),
      'shared',
      '0.1',
      currency,
      `${whole(60, 400)}.0`,
      stamp(posted),
      plus(30),
      plus(-12),
      funded === amount ? plus(9) : '',
      `${whole(6, 20)}.0`,
      backers,
      whole(0, 3),
      1,
      n % 4 === 0 ? '#Woman Owned Biz, #Parent' : '',
      name,
      pick(['female', 'female', 'male']),
      'true',
      pick(['monthly', 'irregular', 'bullet']),
      'field_partner',
    ].map(String)
    lines.push(line(faults.get(n)?.(fields) ?? fields))
    const list = Array.from({ length: backers }, () => `lender${whole(1, 900)}`)
    lenders.push(line([id, list.join(', ')]))
  }
  mkdirSync(`${folder}kiva`, { recursive: true })
  write('kiva/loans.csv', lines)
  write('kiva/loans_lenders.csv', lenders)
}

function university(): void {
  mkdirSync(`${folder}university/arrivals`, { recursive: true })
  const majors = ['Mathematics', 'History', 'Biology', 'Economics']
  const programmes = [
    ['P1', 'Bachelor of Science', 'BSc'],
    ['P2', 'Bachelor of Arts', 'BA'],
    ['P3', 'Master of Science', 'MSc'],
    ['P4', 'Doctorate', 'PhD'],
  ]
  write('university/programmes.csv', ['programme_id,name,degree', ...programmes.map(line)])
  const students = Array.from({ length: 240 }, (_none, at) => [`S${at + 1}`, pick(majors), whole(1968, 2004)])
  write('university/students.csv', ['student_id,major,born', ...students.map(line)])
  for (const term of ['2023-autumn', '2024-spring', '2024-autumn']) {
    const enrolled = students.filter(() => next() < 0.4)
    const rows = enrolled.map(([student]) => line([String(student), pick(['P1', 'P1', 'P2', 'P3']), term]))
    write(`university/arrivals/enrolments_${term}.csv`, ['student_id,programme_id,term', ...rows])
  }
}

loans()
university()
