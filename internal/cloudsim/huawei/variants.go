package huawei

// Variants chooses among the behaviours that the documentation allows, or that regions have. The zero value is the
// likeliest.
type Variants struct {
	// Lists of backups.
	LowerCaseTypes         bool // backups have the type "auto" rather than "Auto"
	BuildingEndNull        bool // the end_time of a running backup is null rather than ""
	BuildingEndLeftOut     bool // a running backup has no end_time
	BuildingEndGuessed     bool // a running backup has an end_time in the future
	DeletingStatus         bool // a backup that is being deleted is DELETING rather than DISABLED
	UnknownInstanceRefused bool // listing the backups of an unknown instance is DBS.280110 rather than an empty list
	IncrementalRefused     bool // backup_type Incremental is DBS.200001
	IncrementalIgnored     bool // backup_type Incremental is not known and ignored: all full backups are listed
	RecycleBinBackups      bool // the manual backups of instances in the recycle bin are listed
	OldRecords             bool // records have only the fields of the older API, and policies no incremental backup
	SizeAsText             bool // sizes are text

	// Lists of tasks.
	TaskTotal   bool // a list of tasks has a total_count
	RunningEnds bool // a running task has an end, as in the documented example
	NoTaskList  bool // the gateway does not know the list of tasks
	NewInstance bool // the task of a restore names the new instance rather than the one whose backup it was

	// Others.
	DayEndsAt24   bool // a window that ends at midnight ends at 24:00 rather than 00:00
	SwappedTypes  bool // the port of an instance is a number and its ssl is text, as in a documented example
	LowTotal      bool // the total of instances is one too low, as in a documented example
	RecycledAsOld bool // the recycle bin has the field names data_store, create_at and pay_model
	Downloads     bool // links for downloads are given out, without a signature, rather than refused
	CreateIs202   bool // an accepted backup is HTTP 202 rather than 200
}
