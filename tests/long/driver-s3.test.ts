import { driverSuite } from '../storage/driver-suite.ts'

driverSuite('s3')
