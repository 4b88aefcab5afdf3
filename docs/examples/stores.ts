import type { ObjectStore } from "@wf/core";
import { AzureBlobObjectStore } from "@wf/store-azure";
import { FileSystemObjectStore } from "@wf/store-fs";
import { GcsObjectStore } from "@wf/store-gcs";
import { S3ObjectStore } from "@wf/store-s3";

/** One of each. They send nothing yet. */
export function makeStores(connectionString: string): readonly ObjectStore[] {
  // #region fs
  const directory = new FileSystemObjectStore({ root: "/var/lib/my-app/wf" });
  // #endregion fs

  // #region s3
  // Credentials and region come from where the SDK looks for them.
  const s3 = new S3ObjectStore({ bucket: "my-bucket", prefix: "my-app" });

  // For a store that speaks its protocol, say where it is.
  const compatible = new S3ObjectStore({
    bucket: "my-bucket",
    endpoint: "https://s3.example.org",
    region: "auto",
  });
  // #endregion s3

  // #region gcs
  // With Application Default Credentials.
  const gcs = new GcsObjectStore({ bucket: "my-bucket", prefix: "my-app" });
  // #endregion gcs

  // #region azure
  const azure = new AzureBlobObjectStore({
    container: "my-container",
    connectionString,
  });
  // #endregion azure
  return [directory, s3, compatible, gcs, azure];
}
