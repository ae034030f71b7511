import { writeFileSync } from "node:fs";

import { luaFiles, modulePath, moduleOf } from "./lua-files.ts";

writeFileSync(modulePath, moduleOf(luaFiles()));
