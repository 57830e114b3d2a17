CREATE TABLE "clusters" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "clusters_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"seed" text NOT NULL,
	"settings" json NOT NULL,
	"start_ms" bigint NOT NULL,
	"parent" text,
	"forked_at" bigint,
	"revision" bigint DEFAULT 0 NOT NULL,
	"oldest_revision" bigint DEFAULT 0 NOT NULL,
	"command_count" bigint DEFAULT 0 NOT NULL,
	"time_ms" bigint NOT NULL,
	"running" boolean NOT NULL,
	"speed" double precision NOT NULL,
	"pending_timers" integer DEFAULT 0 NOT NULL,
	"clock_at" timestamp with time zone DEFAULT now() NOT NULL,
	"owner" text,
	"lease_until" timestamp with time zone,
	"epoch" integer DEFAULT 0 NOT NULL,
	"creation" json,
	"failure" json,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "commands" (
	"cluster_id" integer NOT NULL,
	"id" uuid NOT NULL,
	"arrival" bigint GENERATED ALWAYS AS IDENTITY (sequence name "commands_arrival_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"seq" bigint,
	"name" text NOT NULL,
	"input" json,
	"actor" text NOT NULL,
	"idempotency_key" text,
	"dry_run" boolean DEFAULT false NOT NULL,
	"submitted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"time_ms" bigint,
	"revision" bigint,
	"outcome" json,
	CONSTRAINT "commands_cluster_id_id_pk" PRIMARY KEY("cluster_id","id")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"cluster_id" integer NOT NULL,
	"uid" uuid NOT NULL,
	"revision" bigint NOT NULL,
	"created" bigint NOT NULL,
	"deleted" boolean NOT NULL,
	"time_ms" bigint NOT NULL,
	"cause" text NOT NULL,
	"body" json NOT NULL,
	CONSTRAINT "events_cluster_id_uid_pk" PRIMARY KEY("cluster_id","uid")
);
--> statement-breakpoint
CREATE TABLE "versions" (
	"cluster_id" integer NOT NULL,
	"revision" bigint NOT NULL,
	"created" bigint NOT NULL,
	"uid" uuid NOT NULL,
	"kind" text NOT NULL,
	"namespace" text,
	"name" text NOT NULL,
	"op" text NOT NULL,
	"time_ms" bigint NOT NULL,
	"cause" text NOT NULL,
	"metadata" json,
	"spec" json,
	"status" json,
	"rest" json,
	"runtime" json,
	CONSTRAINT "versions_cluster_id_revision_pk" PRIMARY KEY("cluster_id","revision")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "clusters_name" ON "clusters" USING btree ("name") WHERE "clusters"."deleted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "commands_seq" ON "commands" USING btree ("cluster_id","seq") WHERE "commands"."seq" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "commands_idempotency_key" ON "commands" USING btree ("cluster_id","idempotency_key") WHERE "commands"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX "commands_waiting" ON "commands" USING btree ("cluster_id","arrival") WHERE "commands"."outcome" is null;--> statement-breakpoint
CREATE INDEX "events_revision" ON "events" USING btree ("cluster_id","revision");--> statement-breakpoint
CREATE INDEX "versions_uid" ON "versions" USING btree ("cluster_id","uid","revision");