import { readFileSync } from 'node:fs'
import { DOMParser } from '@xmldom/xmldom'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { validateXML } from 'xmllint-wasm'

const schema = (name: string): string => readFileSync(new URL(`../schemas/${name}`, import.meta.url), 'utf8')

// The schema has a pattern that is none with the flag u.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
// The package is CommonJS, and its types say so.
formats.default(ajv)
const sarif = ajv.compile(JSON.parse(schema('sarif-schema-2.1.0.json')) as object)

/** What breaks the schema of SARIF 2.1.0 in a document; none when it is valid. */
export function sarifFaults(text: string): string[] {
  sarif(JSON.parse(text))
  return (sarif.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`)
}

/** What libxml2 finds wrong with a document of JUnit XML: its form as XML, and the schema of Surefire. */
export async function junitFaults(text: string): Promise<string[]> {
  const { errors } = await validateXML({
    xml: [{ fileName: 'report.xml', contents: text }],
    schema: [{ fileName: 'junit-testsuites.xsd', contents: schema('junit-testsuites.xsd') }],
    preload: [{ fileName: 'surefire-test-report.xsd', contents: schema('surefire-test-report.xsd') }],
    initialMemoryPages: 2048,
    maxMemoryPages: 8192,
  })
  return errors.map(({ message }) => message)
}

/** The root element of a document; throws for anything that is not well-formed. */
export function parseXml(text: string) {
  const parser = new DOMParser({
    onError: (level, message) => {
      // It warns of U+FFFD, which is what we write for what XML cannot hold.
      if (message.includes('replacement character')) return
      throw new Error(`${level}: ${message}`)
    },
  })
  const root = parser.parseFromString(text, 'text/xml').documentElement
  if (!root) throw new Error('no root element')
  return root
}

/** Elements of a name below another, as their attributes and text. */
export function elementsOf(root: ReturnType<typeof parseXml>, name: string) {
  return [...root.getElementsByTagName(name)].map((element) => ({
    name: element.getAttribute('name'),
    classname: element.getAttribute('classname'),
    message: element.getAttribute('message'),
    text: element.textContent ?? '',
  }))
}
