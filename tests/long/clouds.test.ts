import { clouds } from '../storage/clouds.ts'
import { cloudFaults } from '../storage/cloud-faults.ts'

for (const [kind, start] of Object.entries(clouds)) cloudFaults(kind, start)
