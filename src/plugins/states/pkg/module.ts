import { s } from '../../../base/schema.ts'
import { type Aggregate, defineStates, state } from '../../../engine/plugin.ts'
import { aggregatePackages } from './aggregate.ts'
import {
  downloadedArguments,
  groupArguments,
  heldArguments,
  ignoredArguments,
  installedArguments,
  latestArguments,
  patchArguments,
  removedArguments,
  uptodateArguments,
} from './arguments.ts'
import { planDownloaded, planGroup, planPatches } from './collections.ts'
import { planHeld, planUnheld } from './holds.ts'
import { planInstalled } from './installed.ts'
import { planLatest, planUptodate } from './latest.ts'
import { planRemoval } from './removed.ts'

const aggregate: Aggregate = (_ctx, chunk, later) => aggregatePackages(chunk, later)

export const pkg = defineStates({
  name: 'pkg',
  doc: 'Installs, upgrades and removes packages with the package manager of the system.',
  functions: {
    installed: state({
      doc: 'Let packages be installed, in given versions where they are named.',
      args: installedArguments,
      ignored: ignoredArguments,
      examples: [
        'nginx:\n  pkg.installed',
        'tools:\n  pkg.installed:\n    - pkgs:\n      - curl\n      - openssl: ">=3.0"\n      - vim: "2:9.*"\n    - refresh: true',
        'hello:\n  pkg.installed:\n    - sources:\n      - hello: salt://packages/hello_1.0_all.deb',
      ],
      plan: planInstalled,
      watch: planInstalled,
      aggregate,
    }),
    latest: state({
      doc: 'Let packages be installed in the newest version that there is. A dry run takes the lists of packages as they are.',
      args: latestArguments,
      ignored: ignoredArguments,
      examples: ['ca-certificates:\n  pkg.latest:\n    - refresh: true'],
      plan: planLatest,
      watch: planLatest,
      aggregate,
    }),
    removed: state({
      doc: 'Let packages not be installed. Their configuration may stay.',
      args: removedArguments,
      examples: ['no mail:\n  pkg.removed:\n    - pkgs:\n      - exim4\n      - postfix'],
      plan: (ctx, want) => planRemoval(ctx, want, 'remove'),
      watch: (ctx, want) => planRemoval(ctx, want, 'remove'),
      aggregate,
    }),
    purged: state({
      doc: 'Let packages not be installed, nor their configuration be there.',
      args: removedArguments,
      examples: ['exim4:\n  pkg.purged'],
      plan: (ctx, want) => planRemoval(ctx, want, 'purge'),
      watch: (ctx, want) => planRemoval(ctx, want, 'purge'),
      aggregate,
    }),
    uptodate: state({
      doc: 'Let all packages, or those that are named, be of the newest version.',
      args: uptodateArguments,
      examples: ['the system:\n  pkg.uptodate:\n    - refresh: true'],
      plan: planUptodate,
    }),
    held: state({
      doc: 'Keep packages at their version when others are upgraded.',
      args: { ...heldArguments, replace: s.withDefault(s.boolean('Let go all others'), false) },
      examples: ['kernel:\n  pkg.held:\n    - pkgs:\n      - linux-image-amd64'],
      plan: planHeld,
    }),
    unheld: state({
      doc: 'Let packages be upgraded again.',
      args: { ...heldArguments, all: s.withDefault(s.boolean('All that are held'), false) },
      examples: ['linux-image-amd64:\n  pkg.unheld'],
      plan: planUnheld,
    }),
    downloaded: state({
      doc: 'Let the files of packages be fetched, so that they can be installed later.',
      args: downloadedArguments,
      examples: ['nginx:\n  pkg.downloaded'],
      plan: planDownloaded,
    }),
    patch_installed: state({
      doc: 'Let what advisories ask for be installed, where the package manager knows advisories.',
      args: patchArguments,
      examples: ['a hole is closed:\n  pkg.patch_installed:\n    - advisory_ids:\n      - SUSE-SLE-2026-185'],
      plan: (ctx, want) => planPatches(ctx, want, false),
    }),
    patch_downloaded: state({
      doc: 'Let what advisories ask for be fetched, where the package manager knows advisories.',
      args: patchArguments,
      examples: ['get ready:\n  pkg.patch_downloaded:\n    - advisory_ids:\n      - SUSE-SLE-2026-185'],
      plan: (ctx, want) => planPatches(ctx, want, true),
    }),
    group_installed: state({
      doc: 'Let a group of packages be installed, where the package manager knows groups.',
      args: groupArguments,
      examples: ['Development Tools:\n  pkg.group_installed:\n    - skip:\n      - systemtap'],
      plan: planGroup,
    }),
  },
})
