// Lets the files of the university example land, once: a run takes them in, in `prod` it also archives them.
import { cpSync, existsSync } from 'node:fs'

const landing = 'landing/university'
if (!existsSync(landing)) cpSync('data/university/arrivals', landing, { recursive: true })
