package huawei

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// newBackup is the body of CreateManualBackup.
type newBackup struct {
	InstanceID  string `json:"instance_id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// readNewBackup reads the body of CreateManualBackup. It returns the zero value when it cannot, which is refused later.
func readNewBackup(body []byte) newBackup {
	var in struct {
		Backup newBackup `json:"backup"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return newBackup{}
	}
	return in.Backup
}

// createManualBackup starts a backup, whose name no other backup of the project may have.
func (api *API) createManualBackup(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	body := readNewBackup(req.Body)
	switch {
	case !validBackupName(body.Name):
		return badRequest(req, "DBS.280277", "The backup name is invalid.")
	case len(body.Description) > 256 || strings.ContainsAny(body.Description, `>!<"&'=`):
		return badRequest(req, "DBS.280127", "The backup description is invalid.")
	case nameTaken(req, body.Name):
		return badRequest(req, "DBS.201201", "The backup name already exists.")
	case instanceStatus(in) != "normal" || in.BusyAt(req.Now):
		return failure(req, http.StatusForbidden, "DBS.200019", "Another operation is being performed on the DB instance.")
	}
	id := strconv.FormatUint(900_000_000+api.opts.World.NextSerial(), 10)
	b := fleet.Backup{
		ID: fleet.HuaweiID("br02", in.ID, id), JobID: fleet.HuaweiID("", in.ID, id, "job"), Name: body.Name, Manual: true,
		Method: in.DefaultMethod(), Start: req.Now.Truncate(time.Second), Length: api.opts.BackupLength,
	}
	in.StartBackup(b, []string{""})
	a := success(req, object{"job_id": b.JobID, "backup_id": b.ID})
	if api.opts.Variants.CreateIs202 {
		a.Status = http.StatusAccepted
	}
	return a
}

// validBackupName reports whether the name is 4 to 64 letters, digits, hyphens and underscores, and starts with a letter.
func validBackupName(name string) bool {
	other := func(r rune) bool { return !isLetter(r) && !strings.ContainsRune("0123456789-_", r) }
	return len(name) >= 4 && len(name) <= 64 && isLetter(rune(name[0])) && !strings.ContainsFunc(name, other)
}

func isLetter(r rune) bool { return (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') }

func nameTaken(req *httpsim.Request, name string) bool {
	for i := range req.Account.Instances {
		same := func(b fleet.Backup) bool { return b.Name == name }
		if in := &req.Account.Instances[i]; in.Region == req.Region && slices.ContainsFunc(in.BackupsAt(req.Now), same) {
			return true
		}
	}
	return false
}
