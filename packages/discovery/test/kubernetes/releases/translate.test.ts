import { describe, expect, test } from "vitest";

import type { Instance } from "../../../src/index.ts";
import type { Profile } from "../../../src/kubernetes/profiles/profile.ts";
import { profiles } from "../../../src/kubernetes/profiles/profiles.ts";
import type { DefaultCredentials } from "../../../src/kubernetes/releases/credentials.ts";
import { ClusterModel, reconciled } from "../../churn/cluster-model.ts";
import type { Raw } from "../kubernetes-fixtures.ts";

type Texts = Readonly<Record<string, string>>;

interface Made {
  readonly namespace?: string;
  readonly labels?: Texts;
  readonly annotations?: Texts;
  readonly createdAt?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A Service of the profile app-redis, with a Pod behind it. */
function release(name: string, made: Made = {}): readonly Raw[] {
  const { namespace = "shop", labels = { app: "redis", instance: name }, annotations = {}, spec = {} } = made;
  const pod = `${name.toLowerCase().replaceAll(/[^a-z0-9-]/g, "x")}-0`;
  return reconciled([
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: `svc-${pod}`,
        namespace,
        labels,
        annotations,
        creationTimestamp: made.createdAt ?? "2026-01-01T00:00:00Z",
      },
      spec: { ports: [{ name: "redis", port: 6379 }], selector: { pod }, ...spec },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: pod, namespace, labels: { pod } },
      spec: { containers: [] },
      status: { podIP: "10.20.0.1", conditions: [{ type: "Ready", status: "True" }] },
    },
  ]);
}

function world(
  objects: readonly Raw[],
  options?: ConstructorParameters<typeof ClusterModel>[0],
): {
  readonly instances: readonly Instance[];
  readonly conditions: readonly string[];
  readonly model: ClusterModel;
} {
  const model = new ClusterModel(options);
  model.put(...objects);
  return { instances: model.instances, conditions: model.conditions, model };
}

const annotated = (annotations: Texts): ReturnType<typeof world> =>
  world(
    release("orders", {
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [`fleet.dev/${key}`, value]),
      ),
    }),
  );
const messages = ({ conditionSet }: ClusterModel): readonly string[] =>
  conditionSet.all.map(({ message }) => message);

describe("a release that cannot be one instance is none, and says why", () => {
  test.for<[string, Made, string]>([
    ["without ports", { spec: { ports: [] } }, "NoPort Service shop/svc-orders-0"],
    [
      "with nothing but metrics",
      { spec: { ports: [{ name: "metrics", port: 6379 }] } },
      "NoPort Service shop/svc-orders-0",
    ],
    [
      "with a port that is none",
      { spec: { ports: [{ port: 70_000 }] } },
      "PortOutOfRange Service shop/svc-orders-0",
    ],
    [
      "that is a name for something elsewhere",
      { spec: { type: "ExternalName", externalName: "redis.example.com", ports: [] } },
      "ExternalName Service shop/svc-orders-0",
    ],
    [
      "that is to be ignored",
      { annotations: { "fleet.dev/ignore": "true" } },
      "Ignored Service shop/svc-orders-0",
    ],
  ])("a Service %s", ([, made, condition]) => {
    const { instances, conditions } = world(release("orders", made));
    expect(instances).toEqual([]);
    expect(conditions).toEqual([condition]);
  });

  test.for(["Orders", "my_redis", "a.b", `${"a".repeat(60)}-${"b".repeat(10)}`, "-a", "a-"])(
    "the name %s",
    (name) => {
      const { instances, conditions, model } = world(
        release("orders", { labels: { app: "redis", instance: name } }),
      );
      expect(instances).toEqual([]);
      expect(conditions).toEqual(["InvalidName Service shop/svc-orders-0"]);
      expect(messages(model)[0]).toContain(`got "${name}"; fleet.dev/instance gives it another`);
    },
  );

  test("a name that is one only without its namespace", () => {
    const name = "a".repeat(60);
    expect(world(release(name)).instances).toHaveLength(1);
    expect(world(release(name), { names: "namespace-instance" }).conditions).toEqual([
      expect.stringMatching(/^InvalidName/),
    ]);
  });
});

describe("names", () => {
  test("may carry their namespace", () => {
    const { instances } = world([...release("orders"), ...release("orders", { namespace: "test" })], {
      names: "namespace-instance",
    });
    expect(instances.map(({ name }) => name)).toEqual(["shop-orders", "test-orders"]);
  });

  test("that two Services claim belong to the older, whichever was seen first", () => {
    const older = release("a", {
      labels: { app: "redis", instance: "orders" },
      createdAt: "2026-01-01T00:00:00Z",
    });
    const younger = release("b", {
      labels: { app: "redis", instance: "orders" },
      createdAt: "2026-01-01T00:00:01Z",
    });
    for (const objects of [
      [...older, ...younger],
      [...younger, ...older],
    ]) {
      const { instances, conditions, model } = world(objects);
      expect(instances.map(({ uid }) => uid)).toEqual(["service-shop-svc-a-0"]);
      expect(conditions).toEqual(["NameTaken Service shop/svc-b-0"]);
      expect(messages(model)).toEqual([
        "Service shop/svc-a-0 is older and has the name orders; fleet.dev/instance gives this one another",
      ]);
    }
  });

  test("of equal age belong to the one with port 6379, whatever the uids are", () => {
    const labels = { app: "redis", instance: "orders" };
    const ui = release("a", { labels, spec: { ports: [{ name: "http", port: 8081 }] } });
    const redis = release("b", { labels });
    for (const objects of [
      [...ui, ...redis],
      [...redis, ...ui],
    ]) {
      const { instances, model } = world(objects);
      expect(instances.map(({ uid }) => uid)).toEqual(["service-shop-svc-b-0"]);
      expect(messages(model)).toEqual([
        "Service shop/svc-b-0 is as old, has port 6379 and has the name orders; fleet.dev/instance gives this one another",
      ]);
    }
  });

  test("of equal age and port belong to the first by namespace and name, which is reported", () => {
    const uids = { a: "second", b: "first" };
    const { instances, conditions, model } = world(
      (["b", "a"] as const)
        .flatMap((namespace) => release("orders", { namespace }))
        .map((object): Raw => {
          const uid = uids[object.metadata.namespace as "a" | "b"];
          if (object.kind === "Service") return { ...object, metadata: { ...object.metadata, uid } };
          if (object.kind !== "EndpointSlice") return object;
          return { ...object, metadata: { ...object.metadata, ownerReferences: [{ kind: "Service", uid }] } };
        }),
    );
    expect(instances.map(({ namespace }) => namespace)).toEqual(["a"]);
    expect(conditions).toEqual(["NameTaken Service b/svc-orders-0"]);
    expect(messages(model)[0]).toMatch(/is as old, comes first by namespace and name/);
  });

  test("pass to the next when the first lets go, and come back to the elder", () => {
    const older = release("a", { labels: { app: "redis", instance: "orders" } });
    const younger = release("b", {
      labels: { app: "redis", instance: "orders" },
      createdAt: "2026-02-01T00:00:00Z",
    });
    const { model } = world([...older, ...younger]);
    const uids = (): readonly string[] => model.instances.map(({ uid }) => uid);
    model.drop(...older);
    expect(uids()).toEqual(["service-shop-svc-b-0"]);
    expect(model.conditions).toEqual([]);
    model.put(...older);
    expect(uids()).toEqual(["service-shop-svc-a-0"]);
    const [renamed] = release("a", { labels: { app: "redis", instance: "other" } });
    model.put(renamed!);
    expect(model.instances.map(({ name }) => name).toSorted()).toEqual(["orders", "other"]);
    expect(model.conditions).toEqual([]);
  });

  test("a Service made anew under its name is another instance", () => {
    const [service, ...rest] = release("orders");
    const { model } = world([service!, ...rest]);
    const successor = { ...service!, metadata: { ...service!.metadata, uid: "second" } };
    model.put(successor);
    model.drop(service!);
    expect(model.instances.map(({ uid }) => uid)).toEqual(["second"]);
  });

  test("a slice that was made for a Service is none of its successor's, whose name it bears", () => {
    const [service, ...rest] = release("orders");
    const { model } = world([service!, ...rest]);
    expect(model.instances).toMatchObject([{ endpoints: [{ host: "10.20.0.1" }] }]);
    model.put({ ...service!, metadata: { ...service!.metadata, uid: "second" } });
    model.drop(service!);
    expect(model.instances).toMatchObject([{ uid: "second", endpoints: [] }]);
  });
});

test("an instance without a Pod that is ready stays, without endpoints, and says so", () => {
  const objects = release("orders").filter(({ kind }) => kind === "Service");
  const { instances, conditions } = world(objects);
  expect(instances).toMatchObject([{ name: "orders", endpoints: [] }]);
  expect(conditions).toEqual(["NoAddress Service shop/svc-orders-0"]);
});

test("a cluster says that its redirections are not followed", () => {
  const ports = [
    { name: "redis", port: 6379 },
    { name: "redis-bus", port: 16_379 },
  ];
  const { instances, conditions } = world(release("orders", { spec: { ports } }));
  expect(instances).toMatchObject([{ cluster: true }]);
  expect(conditions).toEqual(["ClusterMode Service shop/svc-orders-0"]);
});

/** What its certificate may carry. */
const orders = ["svc-orders-0.shop.svc", "svc-orders-0.shop.svc.cluster.local"];

describe("annotations", () => {
  test("say what the profile cannot know", () => {
    const { instances, conditions } = annotated({
      instance: "carts",
      group: "sessions",
      state: "maintenance",
      reads: "any",
      zone: "eu-1c",
      username: "fleet",
      "password-secret": "carts-auth/pass",
      tls: "true",
      servername: "carts.example.com",
      "sentinel-master": "m1",
    });
    expect(conditions).toEqual([]);
    expect(instances).toMatchObject([
      {
        name: "carts",
        group: "sessions",
        state: "maintenance",
        reads: "any",
        endpoints: [{ zone: "eu-1c" }],
        credentials: { username: "fleet", password: "secret:shop/carts-auth/pass" },
        tls: { servername: "carts.example.com" },
      },
    ]);
  });

  test("stand before labels of the same name", () => {
    const labels = { app: "redis", instance: "orders", "fleet.dev/state": "drain", "fleet.dev/group": "a" };
    const annotations = { "fleet.dev/state": "maintenance" };
    expect(world(release("orders", { labels, annotations })).instances).toMatchObject([
      { state: "maintenance", group: "a" },
    ]);
  });

  test("name a port of the Service, or one of the Pods that it does not have", () => {
    const ports = [
      { name: "redis", port: 6379, targetPort: 6379 },
      { name: "other", port: 80, targetPort: 7000 },
    ];
    const port = (value: string): number | undefined =>
      world(release("orders", { spec: { ports }, annotations: { "fleet.dev/port": value } })).instances[0]
        ?.endpoints[0]?.port;
    expect(port("other")).toBe(7000);
    expect(port("80")).toBe(7000);
    expect(port("7001")).toBe(7001);
    expect(port("nowhere")).toBeUndefined();
  });

  test.for<[string, string]>([
    ["state", "draining"],
    ["state", "Drain"],
    ["reads", "replicas"],
    ["group", "My Group"],
    ["port", "0"],
    ["port", "70000"],
    ["port", "6379/tcp"],
    ["cluster", "yes"],
    ["ignore", "1"],
    ["service", "master"],
    ["zone", ""],
    ["sentinel-master", "my master"],
    ["servername", "169.254.169.254"],
  ])("%s: %j counts as not there, and says so without repeating it", ([key, value]) => {
    const { instances, conditions, model } = annotated({ [key]: value });
    expect(instances).toMatchObject([{ name: "orders", state: "ready", reads: "primary" }]);
    expect(conditions).toEqual(["InvalidAnnotation Service shop/svc-orders-0"]);
    expect(messages(model)[0]).toMatch(new RegExp(`^fleet.dev/${key} must be `));
    expect(messages(model)[0]).not.toContain("got ");
  });

  test("of our own prefix that nobody knows are typing errors", () => {
    const { instances, conditions, model } = annotated({ stat: "drain" });
    expect(instances).toHaveLength(1);
    expect(conditions).toEqual(["InvalidAnnotation Service shop/svc-orders-0"]);
    expect(messages(model)).toEqual(["fleet.dev/stat is not known"]);
  });

  test.for<[string, string]>([
    ["password-secret", "hunter2"],
    ["password-secret", "other-namespace/name/key"],
    ["password-secret", "../name/key"],
    ["username", "a b"],
  ])("%s: %j means no credentials rather than others, and is not shown", ([key, value]) => {
    const { instances, conditions, model } = annotated({ [key]: value });
    expect(instances).toHaveLength(1);
    expect(instances[0]).not.toHaveProperty("credentials");
    expect(conditions).toEqual(["InvalidAnnotation Service shop/svc-orders-0"]);
    expect(messages(model).join()).not.toContain(value);
  });

  test.for<[string, string]>([
    ["tls", "ture"],
    ["tls-secret", "Some Secret"],
  ])("%s: %j speaks TLS rather than not", ([key, value]) => {
    const { instances, conditions } = annotated({ [key]: value });
    expect(instances).toMatchObject([{ tls: { servername: [...orders] } }]);
    expect(instances[0]?.tls).not.toHaveProperty("optional");
    expect(conditions).toEqual(["InvalidAnnotation Service shop/svc-orders-0"]);
  });

  test("tls: false stands before the name of a port and a Secret", () => {
    const spec = { ports: [{ name: "server-tls", port: 6380 }] };
    const tls = (annotations: Texts): Instance["tls"] =>
      world(release("orders", { spec, annotations })).instances[0]?.tls;
    const secret = ["pod:shop/orders-0"];
    expect(tls({})).toEqual({ secret, servername: orders });
    expect(tls({ "fleet.dev/tls-secret": "certs" })).toEqual({ secret: "shop/certs", servername: orders });
    expect(tls({ "fleet.dev/servername": "o.example.com" })).toEqual({ secret, servername: "o.example.com" });
    expect(tls({ "fleet.dev/tls": "false" })).toBeUndefined();
    expect(tls({ "fleet.dev/tls": "false", "fleet.dev/tls-secret": "certs" })).toBeUndefined();
  });

  test("where nothing says whether TLS is spoken, a Pod is asked", () => {
    const { instances } = annotated({});
    const secret = ["pod:shop/orders-0"];
    expect(instances).toMatchObject([{ tls: { secret, optional: true, servername: orders } }]);
    const without = annotated({ tls: "true" });
    expect(without.instances[0]?.tls).toEqual({ secret, servername: orders });
  });
});

test("the certificate's name carries the domain of the cluster where it is told", () => {
  const objects = release("orders", { annotations: { "fleet.dev/tls": "true" } });
  const { instances } = world(objects, { clusterDomain: "cluster.local" });
  expect(instances).toMatchObject([{ tls: { servername: "svc-orders-0.shop.svc.cluster.local" } }]);
});

describe("the default password", () => {
  const password = "env:REDIS_PASSWORD";
  const passwords = (defaults: DefaultCredentials): unknown =>
    world(release("orders"), { defaultCredentials: () => defaults }).instances[0]?.credentials;

  test("is the last that is tried", () => {
    expect(passwords({ password })).toEqual({
      password: ["pod:shop/orders-0", password],
    });
  });

  test("with a user name is the only one, since what is inferred belongs to another user", () => {
    expect(passwords({ username: "fleet", password })).toEqual({
      username: "fleet",
      password,
    });
  });

  test("is not sent where the namespace is not listed, which its namespace says once", () => {
    const { instances, conditions } = world([...release("a"), ...release("b")], {
      defaultCredentials: () => "withheld",
    });
    expect(instances.map(({ credentials }) => credentials)).toEqual([
      { password: ["pod:shop/a-0"] },
      { password: ["pod:shop/b-0"] },
    ]);
    expect(conditions).toEqual(["DefaultPasswordWithheld Namespace shop"]);
  });

  test("is nothing to withhold where an annotation says where the password is", () => {
    const objects = release("orders", { annotations: { "fleet.dev/password-secret": "a/b" } });
    expect(world(objects, { defaultCredentials: () => "withheld" }).conditions).toEqual([]);
  });
});

describe("a profile of one's own", () => {
  const house: Profile = {
    name: "house",
    relabel: [
      { sourceLabels: ["__meta_kubernetes_service_label_kind"], regex: "cache", action: "keep" },
      { sourceLabels: ["__meta_kubernetes_service_name"], regex: "(.+)-(?:rw|ro)", targetLabel: "instance" },
      {
        sourceLabels: ["__meta_kubernetes_service_name"],
        regex: ".+-rw",
        targetLabel: "service",
        replacement: "primary",
      },
      {
        sourceLabels: ["__meta_kubernetes_service_annotation_house_io_secret"],
        targetLabel: "password_secret",
      },
      { regex: "__meta_kubernetes_service_label_house_(.+)", action: "labelmap" },
    ],
  };
  const objects = (annotations: Texts = {}): readonly Raw[] =>
    release("house", {
      labels: { kind: "cache", "house/tier": "gold", "house/state": "drain" },
      annotations: { "house.io/secret": "auth/key", ...annotations },
    }).map((object) =>
      object.kind === "Pod"
        ? object
        : (JSON.parse(JSON.stringify(object).replaceAll("svc-house-0", "books-rw")) as Raw),
    );

  test("rewrites labels into settings and into labels of the instance", () => {
    const { instances, conditions } = world(objects(), { profiles: [house] });
    expect(conditions).toEqual([]);
    expect(instances).toMatchObject([
      {
        name: "books",
        profile: "house",
        state: "drain",
        credentials: { password: "secret:shop/auth/key" },
        labels: { tier: "gold", kind: "cache" },
        endpoints: [{ role: "primary" }],
      },
    ]);
    expect(instances[0]?.labels).not.toHaveProperty("state");
  });

  test("is weaker than an annotation", () => {
    const { instances } = world(objects({ "fleet.dev/state": "ready" }), { profiles: [house] });
    expect(instances).toMatchObject([{ state: "ready" }]);
  });

  test("drops what a rule does not keep", () => {
    expect(world(release("orders"), { profiles: [house] }).instances).toEqual([]);
  });

  test("stands where it is put: the first that recognises a Service has it", () => {
    const other: Profile = { name: "other", labels: { app: "redis" }, instance: "{label:instance}" };
    expect(world(release("a"), { profiles: [other, ...profiles] }).instances[0]?.profile).toBe("other");
    expect(world(release("a"), { profiles: [...profiles, other] }).instances[0]?.profile).toBe("app-redis");
  });
});
