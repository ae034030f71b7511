import { service } from "@fleet/testkit/kubernetes";
import type { AnyApiServer, KubernetesObject } from "@fleet/testkit/kubernetes";

import type { Kept } from "./mirror.ts";

export const churnNamespace = "churn";
export const churnSelector = "churn=yes";
const names = 40;

/** Services that come, change, lose their label, go and come again, by chance. */
export class ChurningServices {
  readonly #server: AnyApiServer;
  readonly #random: () => number;
  readonly #present = new Set<string>();
  #changes = 0;

  constructor(server: AnyApiServer, random: () => number) {
    this.#server = server;
    this.#random = random;
  }

  /** One change, or a few at once. */
  async step(): Promise<void> {
    const few = this.#random() < 0.05 ? 20 : 1;
    for (let index = 0; index < few; index += 1) await this.#change();
  }

  /** What a reflector must have, by uid; also learnt anew, for a server that went back in time. */
  async expected(): Promise<ReadonlyMap<string, Kept>> {
    const objects = await this.#server.list("v1", "Service", { namespace: churnNamespace });
    this.#present.clear();
    for (const { metadata } of objects) this.#present.add(metadata.name);
    return new Map(
      objects
        .filter(({ metadata }) => metadata.labels?.["churn"] === "yes")
        .map(({ metadata: { uid, name, resourceVersion, labels = {} } }) => [
          uid!,
          { uid: uid!, name, version: resourceVersion!, labels },
        ]),
    );
  }

  async #change(): Promise<void> {
    this.#changes += 1;
    const name = `s${Math.floor(this.#random() * names)}`;
    const stamped = (selected: boolean): KubernetesObject =>
      service(name, {
        namespace: churnNamespace,
        labels: { churn: selected ? "yes" : "no", stamp: String(this.#changes) },
      });
    const choice = this.#random();
    if (!this.#present.has(name)) {
      await this.#server.apply(stamped(choice < 0.9));
      this.#present.add(name);
    } else if (choice < 0.4) await this.#server.apply(stamped(true));
    else if (choice < 0.6) await this.#server.apply(stamped(false));
    else {
      await this.#server.delete(stamped(true));
      this.#present.delete(name);
      if (choice > 0.8) {
        await this.#server.apply(stamped(true));
        this.#present.add(name);
      }
    }
  }
}
