package backup

// ManualOrder says what manual backup to start. A field that is not zero and that the cloud does not have is refused,
// except Description. The zero value leaves everything to the cloud.
type ManualOrder struct {
	Method        string // Alibaba Cloud: Snapshot, Physical or Logical; "": the cloud's default for the instance
	RetentionDays int    // Alibaba Cloud, cloud disks: 7 to 730, or -1 for ever; 0: as the instance's policy says
	Name          string // Huawei Cloud: unique in the project, 4 to 64 letters, digits, - or _, a letter first; "": made from the time
	Description   string // kept by Huawei Cloud, up to 256 characters; "": none
}

// Started identifies a manual backup that was started.
type Started struct {
	JobID    string // id of the job, as in Job; "": not known
	BackupID string // id of the backup set, as in Backup; "": not known
}
